import { readdir, readFile, truncate, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { writeIndexedPng } from "../../src/data/index.ts";
import { gain, jsonLines } from "./gain.ts";
import { temporaryFolder, tinyData, tinyRun } from "./tinyData.ts";

let folder = "";
let data = "";

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
});

const train = (from: string, out: string, ...more: string[]): string[] => [
  ...["train", from, "--out", join(folder, out), ...tinyRun, "--steps", "4", "--no-evaluate"],
  ...more,
];

test("a truncated JPEG and a mask of another size are reported, counted and skipped", async () => {
  const broken = await tinyData(folder, "broken");
  await truncate(join(broken, "JPEGImages/train3.jpg"), 500);
  await truncate(join(broken, "JPEGImages/val1.jpg"), 500);
  await writeIndexedPng(join(broken, "SegmentationClass/train4.png"), new Uint8Array(16), 4, 4);

  const check = await gain(["check", broken, "--json"]);
  expect(check.status).toBe(0);
  const [{ problems }] = jsonLines(check);
  expect(problems).toMatchObject(
    [
      { file: join(broken, "JPEGImages/train3.jpg") },
      { file: join(broken, "SegmentationClass/train4.png"), reason: /4x4/ },
      { file: join(broken, "JPEGImages/val1.jpg") },
    ].map((problem) => ({
      ...problem,
      reason: expect.stringMatching(problem.reason ?? /decoded/),
    })),
  );

  const run = await gain([
    ...["train", broken, "--out", join(folder, "skips"), ...tinyRun],
    ...["--epochs", "3", "--guidance", "extra"],
  ]);
  expect(run.status).toBe(0);
  expect(run.stderr).toMatch(/skipped .*train3\.jpg: the picture cannot be decoded/);
  expect(run.stderr).toMatch(/pictures could not be read; gain check .* lists them/);
  const evaluation = await gain(["evaluate", join(folder, "skips"), broken, "--json"]);
  expect(jsonLines(evaluation)[0]).toMatchObject({ images: 3 });
  expect(evaluation.stderr).toMatch(/skipped .*val1\.jpg.*\n(.*\n)*1 pictures were skipped\n/);
});

test("a class without a picture is one line with the cure", async () => {
  const empty = await tinyData(folder, "empty");
  await writeFile(join(empty, "classes.txt"), "disc\nsquare\nstar\n");
  const run = await gain(train(empty, "empty-run"));
  expect(run).toMatchObject({
    status: 1,
    stderr: `gain: ${empty}: no picture has the class "star". Tag pictures with it, or choose the others (--classes disc,square).\n`,
  });
  expect((await gain(["check", empty])).status).toBe(1);
});

test("a tag that is no class is one line that names it", async () => {
  const table = join(folder, "tags.csv");
  await writeFile(table, `image,tags\n${data}/JPEGImages/train0.jpg,disc\n`);
  const run = await gain(train(table, "tag-run", "--classes", "dics"));
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(/^gain: .*dics.*\n$/);
});

test("unknown options are wrong usage, with the name that was meant", async () => {
  const cases: [string[], RegExp][] = [
    [["--epoch", "3"], /^gain: unknown option '--epoch' \(Did you mean --epochs\?\)\n$/],
    [["--set", "sigm=1"], /^gain: options: there is no option "sigm"\. Did you mean "sigma"\?\n$/],
    [["--guidance", "slef"], /^gain: options: guidance: .*"slef"/],
    [["--epochs", "two"], /^gain: --epochs: must be a number; got "two"\.\n$/],
    [["--set", "layer=conv9"], /^gain: layer: must be one of conv1, .*got "conv9"\.\n$/],
    [["--model", "resnet"], /^gain: model: must be one of smallnet, .*got "resnet"/],
    [["--guidance", "extra", "--masks", "99"], /^gain: masks: must be at most the 14 .*got 99/],
  ];
  const outcomes = await Promise.all(
    cases.map(([flags], i) => gain(train(data, `usage${i}`, ...flags))),
  );
  for (const [i, [, message]] of cases.entries()) {
    expect(outcomes[i]).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
  }
});

test("a config file is checked key by key; flags go before it", async () => {
  const config = join(folder, "options.json");
  await writeFile(config, '{"sigma": "high"}');
  const wrong = await gain(train(data, "config", "--config", config));
  expect(wrong).toMatchObject({ status: 2 });
  expect(wrong.stderr).toMatch(/options\.json: sigma: expected number.*got "high"/);
  await writeFile(config, '{"sigma": 0.4, "batchSize": 7}');
  const run = await gain(train(data, "config", "--config", config));
  expect(run.status).toBe(0);
  const { options } = JSON.parse(await readFile(join(folder, "config/config.json"), "utf8"));
  expect(options).toMatchObject({ sigma: 0.4, batchSize: 4 });
});

test("an unreadable file of weights is one line that names it, and nothing is left behind", async () => {
  const weights = join(folder, "weights.safetensors");
  await writeFile(weights, "not weights");
  const run = await gain(train(data, "weights", "--weights", weights));
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(/^gain: .*weights\.safetensors: .*\n$/);
  await expect(readdir(join(folder, "weights"))).rejects.toThrow(/ENOENT/);
  await unlink(weights);
  expect((await gain(train(data, "weights", "--weights", weights))).stderr).toMatch(
    /^gain: .*weights\.safetensors: .*\n$/,
  );
});

test("a run that another process is writing is left alone", async () => {
  const first = train(data, "busy", "--set", "logEvery=1", "--json", "--epochs", "4");
  let second: ReturnType<typeof gain> | undefined;
  const outcome = await gain([...first, "--steps", "200"], (_, child) => {
    second ??= gain([...first, "--resume"]).finally(() => child.kill("SIGTERM"));
  });
  expect(outcome.status).toBe(130);
  expect(await second).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^gain: .*run\.lock: process \d+ is writing this run\. Wait .*\n$/,
    ),
  });
});

test("a lock from another machine, and a run without --resume, are left alone", async () => {
  expect((await gain(train(data, "kept"))).status).toBe(0);
  expect((await gain(train(data, "kept"))).stderr).toBe(
    `gain: ${join(folder, "kept")}: holds a run already. Add --resume to go on with it, or choose another --out.\n`,
  );
  const lock = join(folder, "kept/run.lock");
  await writeFile(lock, JSON.stringify({ pid: 1, host: `not-${hostname()}` }));
  expect((await gain(train(data, "kept", "--resume"))).stderr).toMatch(/is writing this run/);
});

test("a loss that is not finite stops the run with its step, and keeps the checkpoint", async () => {
  const run = await gain(
    train(data, "nan", "--set", "learningRate=1e30", "--set", "optimizer.kind=sgd"),
  );
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(/\ngain: step \d: the loss is .*The last checkpoint is intact\..*\n$/);
  const evaluation = await gain(["evaluate", join(folder, "nan"), data, "--json"]);
  expect(evaluation.status).toBe(0);
});

test("a folder that is no run is one line with the cure", async () => {
  const outcome = await gain(["evaluate", data, data]);
  expect(outcome).toMatchObject({
    status: 1,
    stderr: `gain: ${join(data, "config.json")}: not found, so ${data} is no run. Train one with gain train DATA --out ${data}.\n`,
  });
});
