import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyCues } from "../../test/cli/tinyCues.ts";
import { temporaryFolder, tinyData } from "../../test/cli/tinyData.ts";
import {
  type CueWarnings,
  Loader,
  noAugmentation,
  readCueSet,
  readDataset,
} from "../data/index.ts";
import { noCue } from "../sec/cueGrid.ts";
import { RunError } from "../train/index.ts";
import { openSegmentation, startSegmenter } from "./openSegmentation.ts";
import type { SecTrainOptionsInput } from "./secConfig.ts";
import { type SecRunOptions, secRun } from "./secRun.ts";
import { writeCueSet } from "./writeCueSet.ts";

let folder = "";
let data = "";
let cues = "";

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  cues = await tinyCues(data, join(folder, "cues"));
  await train("whole");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** 8 steps in epochs of 3, with dropout, flips and the CRF. */
const options: SecTrainOptionsInput = {
  model: "smallnet_largefov",
  ...{ inputSize: 33, batchSize: 4, threads: 1, steps: 8, flip: 0.5 },
  ...{ evaluate: "never", logEvery: 1, checkpointEvery: 3 },
};

const train = (out: string, more: Partial<SecRunOptions> = {}) =>
  secRun({ data, cues, out: join(folder, out), options, ...more });

/** Of the parameters and all state, and of the exported model. */
async function digestsOf(out: string): Promise<string[]> {
  const names = ["checkpoint.safetensors", "model.onnx"];
  const files = await Promise.all(names.map((name) => readFile(join(folder, out, name))));
  return files.map((bytes) => createHash("sha256").update(bytes).digest("hex"));
}

test("a run leaves its algorithms, configuration, checkpoint, metrics and model", async () => {
  expect((await readdir(join(folder, "whole"))).sort()).toEqual([
    "algorithms.json",
    ...["checkpoint.safetensors", "config.json", "metrics.jsonl", "model.onnx"],
  ]);
  expect(JSON.parse(await readFile(join(folder, "whole/config.json"), "utf8"))).toMatchObject({
    kind: "segmentation",
    ...{ data, cues, classes: ["disc", "square"], maskValues: [1, 2], inputSize: 33 },
    ...{ totalSteps: 8, stepsPerEpoch: 3 },
    options: { ...options, crf: { iterations: 10, side: 500 }, seedWeight: 1 },
  });
});

test("run again elsewhere, or stopped after any step and resumed, it ends with the same bytes", async () => {
  await train("twin");
  expect(await digestsOf("twin")).toEqual(await digestsOf("whole"));
  for (const last of [1, 3, 5]) {
    const controller = new AbortController();
    const { status, step } = await train("stopped", {
      resume: true,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === "step" && event.report.step === last) controller.abort();
      },
    });
    expect({ status, step }).toEqual({ status: "interrupted", step: last });
  }
  expect((await train("stopped", { resume: true })).status).toBe("done");
  expect(await digestsOf("stopped")).toEqual(await digestsOf("whole"));
  expect((await train("stopped", { resume: true })).status).toBe("complete");
});

test("a run whose model was not yet written when it was killed writes the same one", async () => {
  await train("killed");
  await rm(join(folder, "killed/model.onnx"));
  expect((await train("killed", { resume: true })).status).toBe("done");
  expect(await digestsOf("killed")).toEqual(await digestsOf("whole"));
});

test("the exported model gives the run's scores in plain ONNX Runtime", async () => {
  const opened = await openSegmentation(join(folder, "whole"));
  const { inputSize: size, preprocessing } = opened.model;
  const [sample] = (await readDataset(data)).splits.val;
  const loader = new Loader({ size, preprocessing, maskLabels: new Uint8Array(256) });
  const item = { sample, augmentation: noAugmentation, withMask: false };
  const { images } = await loader.load([item]);
  await loader.close();
  const { segmenter, close } = await startSegmenter(opened, { threads: 1 });
  const [{ scores: expected }] = await segmenter.scores(images);
  await close();

  const session = await InferenceSession.create(join(folder, "whole/model.onnx"));
  expect(session.inputNames).toEqual(["images"]);
  const { scores } = await session.run({ images: new Tensor("float32", images, [1, 3, 33, 33]) });
  expect(scores.dims).toEqual([1, 3, 5, 5]);
  const values = Array.from(scores.data, Number);
  // Batches of 1 and of 4 may take other kernels: float32 rounding only.
  expect(Math.max(...values.map((v, i) => Math.abs(v - expected[i])))).toBeLessThan(1e-5);
});

test("cues that are amiss are told with their ids, and trained on all the same", async () => {
  const set = await readCueSet(cues);
  const grids = new Map(set.grids);
  grids.delete("train0");
  grids.set("train2", new Uint8Array(49).fill(noCue));
  for (const [id, grid] of grids) {
    grids.set(
      id,
      grid.map((label) => (label === 2 ? noCue : label)),
    );
  }
  // A disc, which picture 1 is not tagged with.
  grids.set("train1", new Uint8Array(49).fill(1, 0, 5).fill(noCue, 5));
  const odd = await mkdtemp(join(folder, "odd-"));
  await writeCueSet(odd, { ...set, grids }, { source: "", data, unreadable: [] });
  const told: CueWarnings[] = [];
  const { status } = await train("odd-run", {
    cues: odd,
    options: { ...options, steps: 3 },
    onWarnings: (warnings) => told.push(warnings),
  });
  expect(status).toBe("done");
  expect(told).toEqual([
    {
      withoutGrid: ["train0"],
      withoutCue: ["train2"],
      neverSeeded: ["square"],
      untagged: ["train1"],
      untaggedCells: 5,
    },
  ]);
});

test("a resumed run refuses other cues, other tags and another option", async () => {
  const others = await tinyCues(data, join(folder, "other-cues"), 5);
  const refusal = `${others}: a resumed run must see the pictures, tags and cues that it was started with; these are others. Restore them, delete ${join(folder, "whole")} to train anew, or choose another --out.`;
  await expect(train("whole", { cues: others, resume: true })).rejects.toThrow(
    new RunError(refusal),
  );
  const tags = join(data, "ImageSets/Main/disc_train.txt");
  const before = await readFile(tags, "utf8");
  await writeFile(tags, before.replace("train1 -1", "train1 1"));
  await expect(train("whole", { resume: true })).rejects.toThrow(/must see the pictures, tags/);
  await writeFile(tags, before);
  const changed = { ...options, foregroundDecay: 0.9 };
  await expect(train("whole", { options: changed, resume: true })).rejects.toThrow(
    `foregroundDecay: a resumed run keeps its options; ${join(folder, "whole")} was started with 0.996, got 0.9. Leave it out, or choose another --out.`,
  );
  await expect(train("whole")).rejects.toThrow(/holds a run already\. Add --resume/);
  expect((await train("whole", { resume: true })).status).toBe("complete");
});
