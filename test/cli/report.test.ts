import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import protobuf from "protobufjs";
import { beforeAll, describe, expect, test } from "vitest";
import { gain, jsonLines } from "./gain.ts";
import { tinyCues, tinySec } from "./tinyCues.ts";
import { temporaryFolder, tinyData, tinyRun } from "./tinyData.ts";

let folder = "";
let data = "";

const at = (...names: string[]): string => join(folder, ...names);

/** 12 steps in epochs of 3, measured after each; a checkpoint at every fourth step. */
const train = (out: string, ...more: string[]): string[] => [
  ...["train", data, "--out", at(out), ...tinyRun, "--epochs", "4", "--json"],
  ...["--set", "logEvery=1", "--set", "checkpointEvery=4", ...more],
];

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  expect(await gain(train("none", "--tensorboard"))).toMatchObject({ status: 0 });
  expect(await gain(train("self", "--guidance", "self"))).toMatchObject({ status: 0 });
});

describe("gain report", () => {
  test("shows several runs side by side from what lies in their folders", async () => {
    const file = at("new", "report.html");
    const outcome = await gain(["report", at("none"), at("self"), "--out", file]);
    expect(outcome).toEqual({ status: 0, stdout: `${file}: none, self\n`, stderr: "" });
    const page = await readFile(file, "utf8");
    expect(page).toContain("<title>Where the networks look: none, self</title>");
    expect(page).toMatch(/Attention of run self on val\d/);
    expect(page).toMatch(/higher in \d+\u00a0%/);
  });

  test("measures a run that has no evaluation.json, and finds what training found", async () => {
    const path = at("self", "evaluation.json");
    const before = JSON.parse(await readFile(path, "utf8"));
    await rm(path);
    const outcome = await gain(["report", at("self"), "--out", at("one.html"), "--data", data]);
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).toMatch(/^self: has no evaluation\.json, so it is measured\n/);
    const after = JSON.parse(await readFile(path, "utf8"));
    expect(after.figures).toEqual(before.figures);
    expect(after.pictures.map(({ id }: { id: string }) => id)).toEqual(
      before.pictures.map(({ id }: { id: string }) => id),
    );
  });

  test("does without pictures where the data set is gone, and says so", async () => {
    const config = await readFile(at("none", "config.json"), "utf8");
    await writeFile(at("none", "config.json"), config.replace(data, at("gone")));
    const without = await gain(["report", at("none"), "--out", at("bare.html")]);
    expect(without.status).toBe(0);
    expect(without.stderr).toMatch(/^Pictures are not shown: .*gone.* Name it with --data\.\n$/);
    expect(await readFile(at("bare.html"), "utf8")).not.toContain("<img");
    const named = ["report", at("none"), "--out", at("named.html"), "--data", data];
    expect((await gain(named)).stderr).toBe("");
    expect(await readFile(at("named.html"), "utf8")).toContain("<img");
    await writeFile(at("none", "config.json"), config);
  });

  test("refuses runs of other classes or another kind", async () => {
    const disc = ["--classes", "disc", "--epochs", "1"];
    expect((await gain(train("disc", ...disc))).status).toBe(0);
    const classes = await gain(["report", at("none"), at("disc"), "--out", at("no.html")]);
    expect(classes).toMatchObject({
      status: 2,
      stderr: `gain: ${at("disc")}: must have the classes of ${at("none")}, disc, square; got disc. Compare runs of the same classes.\n`,
    });
    const cues = await tinyCues(data, at("cues"));
    const sec = ["sec", data, "--cues", cues, "--out", at("sec"), ...tinySec, "--steps", "2"];
    expect((await gain([...sec, "--tensorboard"])).status).toBe(0);
    const kind = await gain(["report", at("none"), at("sec"), "--out", at("no.html")]);
    expect(kind).toMatchObject({
      status: 2,
      stderr: `gain: ${at("sec")}: must be a run like ${at("none")}, of classification; got one of segmentation. Compare runs of one kind.\n`,
    });
    expect((await gain(["report", at("sec"), "--out", at("sec.html")])).status).toBe(0);
    const page = await readFile(at("sec.html"), "utf8");
    expect(page).toContain("What pixels are taken for");
    expect(page).toMatch(/alt="sec of val\d"/);
    const tags = (await eventsOf("sec")).flatMap((event) => event.tags);
    expect(tags).toEqual(expect.arrayContaining(["loss/seed", "val/segmentationMiou"]));
    expect(tags.filter((tag) => /^mask\/val\d$/.test(tag))).toHaveLength(4);
  });
});

test("gain card writes RUN/README.md once, and again when it must", async () => {
  const file = at("self", "README.md");
  const first = await gain(["card", at("self")]);
  expect(first).toEqual({ status: 0, stdout: `${file}: fill in the licence\n`, stderr: "" });
  const text = await readFile(file, "utf8");
  expect(text).toContain("Grad-CAM at the layer `conv6`.");
  expect(text).toContain("| disc | 7 | 2 |");
  expect(text).not.toContain(folder);
  expect(await gain(["card", at("self")])).toMatchObject({
    status: 2,
    stderr: `gain: ${file}: is there already, and may have been edited. Add --force to replace it, or choose another --out.\n`,
  });
  expect((await gain(["card", at("self"), "--force"])).status).toBe(0);
  expect((await gain(["card", at("none"), "--out", at("card.md")])).status).toBe(0);
});

describe("--tensorboard", () => {
  test("writes what metrics.jsonl holds, and pictures at each evaluation", async () => {
    const events = await eventsOf("none");
    const scalars = (tag: string) => events.flatMap((e) => (e.tags.includes(tag) ? [e.step] : []));
    expect(scalars("loss/total")).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(scalars("training/learningRate")).toHaveLength(12);
    expect(scalars("val/attentionMiou")).toEqual([3, 6, 9, 12]);
    expect(scalars("val-AP/disc")).toEqual([3, 6, 9, 12]);
    expect(scalars("attention/val0")).toEqual([3, 6, 9, 12]);
  });

  test("after a kill and a resumption, shows each step once", async () => {
    const killed = await gain(train("killed", "--tensorboard"), (stdout, child) => {
      // Past the checkpoint at step 4: the steps since then are done again.
      if (stdout.split("\n").length > 7) child.kill("SIGKILL");
    });
    expect(killed.status).toBeNull();
    expect((await gain(train("killed", "--tensorboard", "--resume"))).status).toBe(0);
    const files = (await readdir(at("killed"))).filter((name) => name.includes("tfevents"));
    expect(files).toHaveLength(2);
    const events = await eventsOf("killed");
    const steps = events.flatMap((e) => (e.tags.includes("loss/total") ? [e.step] : []));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const evaluated = events.flatMap((e) => (e.tags.includes("val/mAP") ? [e.step] : []));
    const metrics = jsonLines({
      ...{ status: 0, stderr: "" },
      stdout: await readFile(at("killed", "metrics.jsonl"), "utf8"),
    });
    expect(evaluated).toEqual(metrics.filter((m) => "split" in m).map(({ step }) => step));
  });

  test("a run that goes on with it begins with the run's history", async () => {
    expect((await gain(train("later", "--epochs", "1"))).status).toBe(0);
    const more = train("later", "--epochs", "2", "--resume", "--tensorboard");
    expect((await gain(more)).status).toBe(0);
    const events = await eventsOf("later");
    const steps = events.flatMap((e) => (e.tags.includes("loss/total") ? [e.step] : []));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

interface TagEvent {
  readonly step: number;
  readonly tags: readonly string[];
}

const eventType = protobuf
  .parse(
    `syntax = "proto3";
  message Event { int64 step = 2; Summary summary = 5; SessionLog session_log = 7; }
  message SessionLog { int32 status = 1; }
  message Summary { message Value { string tag = 1; } repeated Value value = 1; }`,
    { keepCase: true },
  )
  .root.lookupType("Event");

/**
 * The summaries of a run that TensorBoard shows: a session's start hides those before it of its step and
 * later ones, but for the first start (`_CheckForRestartAndMaybePurge` of plugin_event_accumulator.py).
 */
async function eventsOf(run: string): Promise<TagEvent[]> {
  const names = (await readdir(at(run))).filter((name) => name.includes("tfevents")).sort();
  let shown: TagEvent[] = [];
  let isStarted = false;
  for (const name of names) {
    const bytes = await readFile(at(run, name));
    for (let start = 0; start < bytes.length; ) {
      const length = Number(bytes.readBigUInt64LE(start));
      const reader = protobuf.Reader.create(bytes.subarray(start + 12, start + 12 + length));
      reader.discardUnknown = true;
      const event = eventType.toObject(eventType.decode(reader), { longs: Number, arrays: true });
      const { step = 0, session_log: session, summary } = event;
      if (session?.status === 1) {
        if (isStarted) shown = shown.filter((earlier) => earlier.step < step);
        isStarted = true;
      }
      if (summary) shown.push({ step, tags: summary.value.map(({ tag }: { tag: string }) => tag) });
      start += 16 + length;
    }
  }
  return shown;
}
