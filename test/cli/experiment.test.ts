import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { gain, type Outcome } from "./gain.ts";
import { temporaryFolder } from "./tinyData.ts";

/** Short trainings on small pictures: what they find is chance, but how it is told is not. */
const short = [
  ...["--images", "48", "--epochs", "1", "--continued-epochs", "1", "--threads", "1"],
  ...["--set", "inputSize=32", "--set", "batchSize=8", "--tune", "off"],
];

describe("gain experiment bias", () => {
  let out: string;
  let args: string[];
  let first: Outcome;

  beforeAll(async () => {
    out = join(await temporaryFolder(), "bias");
    args = ["experiment", "bias", "--out", out, ...short, "--masks", "1,2", "--seeds", "2"];
    first = await gain(args);
  });

  test("prints a row for each guidance and a column for each test", () => {
    expect(first.stderr).not.toContain("gain:");
    expect(first.status).toBe(0);
    const [head, ...rows] = first.stdout.trim().split("\n").slice(2);
    expect(head.split(/ {2,}/)).toEqual([
      "guidance",
      "val",
      "boat-off-water",
      "water-without-boat",
      "tests together",
      "attention mIoU",
    ]);
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual([
      "start",
      "none",
      "self",
      "1 masks",
      "2 masks",
    ]);
    for (const row of rows) expect(row.split(/ {2,}/)[1]).toMatch(/^[\d.]+ \([\d.]+ to [\d.]+\)$/);
  });

  test("keeps figures of every seed, and draws them", async () => {
    const results = JSON.parse(await readFile(join(out, "results.json"), "utf8"));
    expect(results).toMatchObject({ class: "boat", seeds: [0, 1] });
    for (const { measures } of results.rows) {
      expect(measures).toHaveLength(2);
      for (const measure of measures) {
        expect(Object.keys(measure)).toEqual(["val", "boat-off-water", "water-without-boat"]);
        for (const { accuracy } of Object.values<{ accuracy: number }>(measure)) {
          expect(accuracy).toBeGreaterThanOrEqual(0);
          expect(accuracy).toBeLessThanOrEqual(1);
        }
      }
    }
    expect((await stat(join(out, "figure.png"))).size).toBeGreaterThan(5000);
    expect(await readFile(join(out, "figure.svg"), "utf8")).toContain("water-without-boat");
  });

  test("uses finished trainings again", async () => {
    const checkpoint = join(out, "seed-1/self/checkpoint.safetensors");
    const { mtimeMs } = await stat(checkpoint);
    const again = await gain(args);
    expect(again.stdout).toBe(first.stdout);
    expect((await stat(checkpoint)).mtimeMs).toBe(mtimeMs);
  });

  test("starts on own data without weights from what they teach, and guides against it", async () => {
    const own = join(await temporaryFolder(), "own");
    const data = ["--data", join(out, "sample"), "--class", "boat"];
    const args = ["experiment", "bias", "--out", own, ...data, ...short, "--masks", "2"];
    const { status, stdout } = await gain(args);
    expect(status).toBe(0);
    const [, ...rows] = stdout.trim().split("\n").slice(2);
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual(["none", "self", "2 masks"]);
    const { options } = JSON.parse(await readFile(join(own, "seed-0/masks2/config.json"), "utf8"));
    expect(options).toMatchObject({ guidance: "extra", masks: 2, maskClasses: ["boat"] });
    expect(options.counterfactualWeight).toBeGreaterThan(0);
    expect(options.weights).toBe(join(own, "seed-0/start/checkpoint.safetensors"));
  });

  test("refuses what cannot be measured before it trains", async () => {
    const sample = join(out, "sample");
    const cases = [
      [
        ["--data", sample, "--class", "yacht"],
        `--class: must be one of dog, cat, car, boat, bird of ${sample}; got "yacht".`,
      ],
      [
        ["--data", sample, "--tests", "rain"],
        `--tests: ${sample} must have pictures in the split "rain"; its splits are train, boat-off-water, val, water-without-boat.`,
      ],
      [
        ["--data", sample, "--masks", "500"],
        `--masks: must be at most the 24 training pictures of ${sample} with a mask or boxes; got 500.`,
      ],
    ] as const;
    for (const [flags, message] of cases) {
      const { status, stderr } = await gain(["experiment", "bias", "--out", `${out}-x`, ...flags]);
      expect(stderr).toBe(`gain: ${message}\n`);
      expect(status).toBe(2);
    }
  });
});

test("gain experiment masks measures the attention for each number of masks", async () => {
  const out = join(await temporaryFolder(), "masks");
  const args = ["experiment", "masks", "--out", out, ...short, "--masks", "2"];
  const quick = await gain([...args, "--no-segmentation"]);
  expect(quick.status).toBe(0);
  const [head, ...rows] = quick.stdout.trim().split("\n").slice(2);
  expect(head.split(/ {2,}/)).toEqual([
    "guidance",
    "mAP",
    "attention mIoU",
    "segmentation mIoU (CRF)",
  ]);
  expect(rows.map((row) => row.split(/ {2,}/).at(-1))).toEqual(["-", "-", "-"]);
  expect((await stat(join(out, "figure.png"))).size).toBeGreaterThan(5000);
});
