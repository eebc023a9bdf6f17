import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { decodePng } from "../../src/data/decodePng.ts";
import { gain, type Outcome } from "./gain.ts";
import { temporaryFolder, tinyData } from "./tinyData.ts";

let folder = "";
let data = "";
let ids: string[] = [];
let whole: Outcome;

/** Few steps of each training, told one by one, on small pictures. */
const options = [
  ...["--epochs", "2", "--threads", "1", "--set", "inputSize=32", "--set", "batchSize=4"],
  ...["--set", "warmupEpochs=1", "--set", "logEvery=1", "--set", "checkpointEvery=3"],
  ...["--set-cues", "size=11", "--sec-epochs", "2", "--set-sec", "inputSize=33"],
  ...["--set-sec", "batchSize=4", "--set-sec", "logEvery=1", "--set-sec", "checkpointEvery=3"],
];

const run = (out: string, ...more: string[]): string[] => [
  ...["run", data, "--out", join(folder, out), ...options, ...more],
];

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await classFolders();
  whole = await gain(run("whole"));
});

/** A folder for each class with 18 pictures in it, and no masks. */
async function classFolders(): Promise<string> {
  const root = join(folder, "pictures");
  const source = await tinyData(folder);
  for (const [c, name] of ["disc", "square"].entries()) {
    await mkdir(join(root, name), { recursive: true });
    for (let i = 0; i < 18; i++) {
      const from = join(source, `JPEGImages/train${(2 * i + c) % 14}.jpg`);
      const to = join(root, name, `${i}.jpg`);
      // The others turned and a little wider, so that no two are alike, to gain check neither.
      if (i < 7) await copyFile(from, to);
      else
        await sharp(from)
          .rotate(i < 14 ? 90 : 180)
          .resize(40 + i, 40, { fit: "fill" })
          .toFile(to);
      ids.push(`${name}/${i}`);
    }
  }
  ids = ids.sort();
  return root;
}

const results = [
  ...["classifier/checkpoint.safetensors", "classifier/model.onnx"],
  ...["cues/cues.bin", "segmenter/checkpoint.safetensors", "segmenter/model.onnx"],
];

/** Of everything that is learnt and made, by name. */
async function digests(out: string): Promise<Record<string, string>> {
  const names = [...results, ...ids.map((id) => `masks/${id}.png`)];
  const entries = names.map(async (name) => {
    const bytes = await readFile(join(folder, out, name));
    return [name, createHash("sha256").update(bytes).digest("hex")];
  });
  return Object.fromEntries(await Promise.all(entries));
}

describe("gain run", () => {
  test("makes masks, a report and a sheet from tagged pictures without masks", async () => {
    expect(whole).toMatchObject({ status: 0 });
    const out = join(folder, "whole");
    expect((await readdir(out)).sort()).toEqual([
      ...["check.json", "classifier", "cues", "masks", "masks.png", "report.html", "segmenter"],
    ]);
    expect(whole.stdout).toMatch(/masks: a mask for each picture\n/);
    expect((await sharp(join(out, "masks.png")).metadata()).width).toBeGreaterThan(4 * 160);
    const report = await readFile(join(out, "report.html"), "utf8");
    expect(report).toContain("From tags to masks: disc, square");
    expect(JSON.parse(await readFile(join(out, "masks/segmentation.json"), "utf8"))).toMatchObject({
      classes: ["disc", "square"],
      ...{ values: [1, 2], crf: true, useTags: true },
    });
    for (const id of ids) {
      const mask = decodePng(await readFile(join(out, `masks/${id}.png`)));
      const picture = await sharp(join(data, `${id}.jpg`)).metadata();
      expect(mask).toMatchObject({ width: picture.width, height: picture.height });
      // Its own tag at most.
      const other = id.startsWith("disc") ? 2 : 1;
      expect(mask.samples.includes(other), id).toBe(false);
    }
  });

  test("started again it repeats nothing", async () => {
    const paths = [
      ...results,
      "check.json",
      "cues/cues.json",
      ...ids.map((id) => `masks/${id}.png`),
    ];
    const times = () =>
      Promise.all(
        paths.map(async (name) => [name, (await stat(join(folder, "whole", name))).mtimeMs]),
      );
    const before = await times();
    const again = await gain(run("whole"));
    expect(again.status).toBe(0);
    expect(await times()).toEqual(before);
    expect(again.stderr).not.toMatch(/step \d/);
    expect(again.stderr.match(/done already\n/g)).toHaveLength(2);
    expect(again.stderr).toMatch(/\(there already\)\n/);
    expect(again.stderr).toMatch(/segment: 36 masks in .*, 36 were there\n/);
  });

  test("killed in each stage and started again, it goes on and ends with the same bytes", async () => {
    const out = join(folder, "killed");
    const hasMasks = (): boolean =>
      existsSync(join(out, "masks/disc")) &&
      readdirSync(join(out, "masks/disc")).some((name) => name.endsWith(".png"));
    const moments: [string, (stderr: string) => boolean, string, string][] = [
      [
        "train",
        (text) => /smallnet, [\s\S]*\nstep 5 of/.test(text),
        "classifier/config.json",
        "cues",
      ],
      ["cues", () => existsSync(join(out, "cues/cues.partial")), "cues", "cues/cues.json"],
      [
        "sec",
        (text) => /largefov: [\s\S]*\nstep 5 of/.test(text),
        "segmenter/config.json",
        "masks",
      ],
      ["segment", hasMasks, "masks", "masks/segmentation.json"],
    ];
    for (const [stage, isReached, begun, notYet] of moments) {
      expect(await killedAt(run("killed"), isReached), stage).toBeNull();
      expect(existsSync(join(out, begun)), `${stage} has begun`).toBe(true);
      expect(existsSync(join(out, notYet)), `${stage} is not over`).toBe(false);
    }
    expect((await gain(run("killed"))).status).toBe(0);
    expect(await digests("killed")).toEqual(await digests("whole"));
  });

  test("Ctrl-C ends with 130 and what is done is kept", async () => {
    let text = "";
    const outcome = await gain(run("stopped"), undefined, (child) => {
      child.stderr?.on("data", (bytes: Buffer) => {
        if (/step 4 of/.test(text)) return;
        text += bytes.toString();
        if (/step 4 of/.test(text)) child.kill("SIGINT");
      });
    });
    expect(outcome.status).toBe(130);
    expect(outcome.stderr).toContain("stopping; run the same command again to go on\n");
    expect(existsSync(join(folder, "stopped/classifier/checkpoint.safetensors"))).toBe(true);
    const again = await gain(run("stopped"));
    expect(again.stderr).toMatch(/from step [4-9]\n/);
    expect(await digests("stopped")).toEqual(await digests("whole"));
  });

  test("what a later stage would refuse is refused before the first", async () => {
    const cases: [string[], RegExp][] = [
      [["--set-sec", "inputSize=320"], /^gain: smallnet_largefov: inputSize .*Use 321\.\n$/],
      [["--set-sec", "seedWeigth=1"], /^gain: options: .*Did you mean "seedWeight"\?\n$/],
      [["--set-cues", "foreground=2"], /^gain: options: foreground: .*See gain cues --help\.\n$/],
      [["--sec-epochs", "two"], /^gain: --sec-epochs: must be a number; got "two"\.\n$/],
    ];
    const outcomes = await Promise.all(cases.map(([flags], i) => gain(run(`usage${i}`, ...flags))));
    for (const [i, [, message]] of cases.entries()) {
      expect(outcomes[i].stderr).toMatch(message);
      expect(outcomes[i].status).not.toBe(0);
      expect(existsSync(join(folder, `usage${i}`))).toBe(false);
    }
  });
});

/** Kills a command once something is so. @returns  Its status: null, unless it ended before. */
async function killedAt(
  args: readonly string[],
  isReached: (stderr: string) => boolean,
): Promise<number | null> {
  let timer: NodeJS.Timeout | undefined;
  const watch = (child: ChildProcess): void => {
    let text = "";
    const look = (): void => {
      if (isReached(text)) child.kill("SIGKILL");
    };
    child.stderr?.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      look();
    });
    timer = setInterval(look, 2);
  };
  try {
    return (await gain(args, undefined, watch)).status;
  } finally {
    clearInterval(timer);
  }
}
