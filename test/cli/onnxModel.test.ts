import { createHash } from "node:crypto";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { tinyClassifier } from "../import/tinyClassifier.ts";
import { gain, jsonLines } from "./gain.ts";
import { temporaryFolder, tinyData } from "./tinyData.ts";

let folder = "";
let data = "";
let model = "";

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  model = join(folder, "tiny.onnx");
  await writeFile(model, tinyClassifier());
});

/** 6 steps, all of them with the attention mining loss and masks. */
const train = (out: string, ...more: string[]): string[] => [
  ...["train", data, "--out", join(folder, out), "--model", model, "--steps", "6"],
  ...["--guidance", "extra", "--masks", "6", "--batch-size", "4", "--threads", "1", "--json"],
  ...["--set", "miningWeight=0.3", "--set", "counterfactualWeight=0.3"],
  ...["--set", "warmupEpochs=0", "--set", "logEvery=1", "--set", "checkpointEvery=2"],
  ...["--set", "learningRate=0.01", "--set", "evaluate=end", ...more],
];

async function digest(out: string): Promise<string> {
  const bytes = await readFile(join(folder, out, "checkpoint.safetensors"));
  return createHash("sha256").update(bytes).digest("hex");
}

test("lists the layers of a file, the default marked", async () => {
  const { stdout, status } = await gain(["layers", model]);
  expect(status).toBe(0);
  expect(stdout.split("\n")[0]).toBe("tiny: 6 classes, pictures of 32 x 32");
  expect(stdout).toMatch(/^\* features +24 x 8 x 8 +Relu +\/features\/Relu$/m);
  expect(stdout).toMatch(/^ {2}relu6 +16 x 16 x 16 +Clip +\/relu6\/Clip$/m);
  const [json] = jsonLines(await gain(["layers", model, "--output-stride", "8", "--json"]));
  expect(json).toMatchObject({ classes: 6, inputSize: 32, attentionLayer: "features" });
});

test("trains with all losses; killed, its file moved, and resumed, it ends with the same bytes", async () => {
  const whole = await gain(train("whole"));
  expect(whole).toMatchObject({ status: 0 });
  const metrics = jsonLines(whole);
  const all = ["extra", "mining", "counterfactual"];
  expect(metrics.filter((line) => all.every((name) => Number(line[name]) > 0))).toHaveLength(6);
  const killed = await gain(train("killed"), (stdout, child) => {
    if (stdout.split("\n").length > 3) child.kill("SIGKILL");
  });
  expect(killed.status).toBeNull();
  await rename(model, `${model}.moved`);
  expect(await gain(train("killed", "--resume"))).toMatchObject({ status: 0 });
  await rename(`${model}.moved`, model);
  expect(await digest("killed")).toBe(await digest("whole"));
});

test("a run of a file is evaluated, attended, exported and made cues of like any other", async () => {
  const run = join(folder, "whole");
  const [evaluation] = jsonLines(await gain(["evaluate", run, data, "--json"]));
  expect(evaluation).toMatchObject({ images: 4, classes: ["disc", "square"] });
  const picture = join(data, "JPEGImages", (await readdir(join(data, "JPEGImages")))[0]);
  const maps = join(folder, "maps");
  const attended = await gain(["attend", run, picture, "--out", maps, "--json"]);
  expect(attended).toMatchObject({ status: 0 });
  // Another size of the input, and saliency.
  const cues = ["cues", run, data, "--out", join(folder, "cues"), "--scales", "0.5,1"];
  expect(await gain(cues)).toMatchObject({ status: 0 });
  const exported = join(folder, "exported.onnx");
  expect(await gain(["export", run, "--out", exported])).toMatchObject({ status: 0 });
  // What was exported is a classifier in an ONNX file again, with its classes and preprocessing.
  const [json] = jsonLines(await gain(["layers", exported, "--json"]));
  expect(json).toMatchObject({ classes: 2, inputSize: 32 });
});

test("starts from the weights of another run of the same file", async () => {
  const weights = join(folder, "whole", "checkpoint.safetensors");
  const steps = ["--steps", "1", "--weights", weights, "--guidance", "none"];
  expect(await gain(train("second", ...steps))).toMatchObject({ status: 0 });
});

test("keeps the file's own head with a map of its outputs", async () => {
  const map = join(folder, "map.json");
  await writeFile(map, JSON.stringify({ disc: "0-2", square: 4 }));
  const kept = await gain(train("kept", "--keep-head", map, "--steps", "2"));
  expect(kept).toMatchObject({ status: 0 });
  const config = JSON.parse(await readFile(join(folder, "kept", "config.json"), "utf8"));
  expect(config.options).toMatchObject({ keepHead: true, classMap: { disc: "0-2", square: 4 } });
  expect(await gain(["evaluate", join(folder, "kept"), data])).toMatchObject({ status: 0 });
  const outside = join(folder, "outside.json");
  await writeFile(outside, JSON.stringify({ disc: 6, square: 4 }));
  const refused = await gain(train("refused", "--keep-head", outside));
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.stderr).toContain("outputs of each class must be places in [0, 6); got 6");
  const bare = await gain(train("refused", "--keep-head"));
  expect(bare).toMatchObject({ status: 2 });
  expect(bare.stderr).toContain(
    "keepHead: the file's 6 outputs must be matched with the 2 classes of the data.",
  );
});

test("names the operators that it cannot read, and leaves no run", async () => {
  const foreign = join(folder, "foreign.onnx");
  await writeFile(foreign, tinyClassifier({ activation: "Hardmax" }));
  const outcome = await gain(train("none", "--model", foreign));
  expect(outcome).toMatchObject({ status: 1 });
  expect(outcome.stderr).toContain(
    'foreign.onnx: must consist of operators that can be differentiated; 1 cannot be read: Hardmax "/features/Hardmax". Export the classifier alone',
  );
  expect(await readdir(folder)).not.toContain("none");
});

test("refuses what does not go with the file", async () => {
  const layer = await gain(train("none", "--layer", "pool"));
  expect(layer.stderr).toContain("layer must be one of its");
  expect(layer.stderr).toContain('got "pool". `gain layers');
  const named = await gain(train("none", "--model", "smallnet", "--keep-head"));
  expect(named).toMatchObject({ status: 2 });
  expect(named.stderr).toContain("keepHead: is for models in ONNX files");
  const missing = await gain(train("none", "--model", join(folder, "no.onnx")));
  expect(missing.stderr).toContain("no.onnx: cannot be read");
});
