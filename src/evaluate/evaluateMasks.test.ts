import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { maskLabelsOf } from "../data/classes.ts";
import { writeIndexedPng } from "../data/indexedPng.ts";
import type { Dataset, Sample } from "../data/types.ts";
import { evaluateMasks } from "./evaluateMasks.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-masks-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const legal = "the values 0 for background and 1, 3 for the classes";

async function writeMask(path: string, values: readonly number[], width: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeIndexedPng(path, Uint8Array.from(values), width, values.length / width);
}

/** A data set whose masks number ant 1, bee 2 and cat 3, of which cat and ant are chosen. */
async function datasetOf(masks: Readonly<Record<string, readonly number[] | undefined>>) {
  const samples: Sample[] = [];
  for (const [id, values] of Object.entries(masks)) {
    const mask = join(folder, "truth", `${id}.png`);
    if (values !== undefined) await writeMask(mask, values, 2);
    const image = join(folder, `${id}.jpg`);
    samples.push({ id, image, tags: [], ...(values !== undefined && { mask }) });
  }
  const classes = ["cat", "ant"];
  const dataset: Dataset = {
    root: join(folder, "data"),
    format: "folders",
    classes,
    maskLabels: maskLabelsOf(["ant", "bee", "cat"], classes),
    splits: { train: [], val: samples },
  };
  return dataset;
}

const predicted = (id: string): string => join(folder, "masks", `${id}.png`);

test("predictions have the values of the data set's masks; ids may be in folders", async () => {
  const dataset = await datasetOf({
    "cats/a": [3, 3, 0, 255],
    b: [1, 1, 2, 2],
    "no mask": undefined,
    void: [255, 255, 255, 255],
  });
  await writeMask(predicted("cats/a"), [3, 0, 0, 3], 2);
  await writeMask(predicted("b"), [1, 1, 0, 0], 2);
  await writeMask(predicted("void"), [0, 0, 3, 3], 2);
  const steps: [number, number][] = [];
  const result = await evaluateMasks(join(folder, "masks"), dataset, {
    onProgress: (done, total) => steps.push([done, total]),
  });
  expect(result).toEqual({
    split: "val",
    images: 3,
    classes: ["cat", "ant"],
    segmentation: {
      // bee was not chosen, so that its pixels are background.
      mIoU: (3 / 4 + 1 / 2 + 1) / 3,
      IoU: { background: 3 / 4, cat: 1 / 2, ant: 1 },
      pixelAccuracy: 6 / 7,
      labels: ["background", "cat", "ant"],
      confusion: [
        [3, 0, 0],
        [1, 1, 0],
        [0, 0, 2],
      ],
      voidImages: ["void"],
      withoutMask: 1,
    },
  });
  expect(steps).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
});

test("every offending prediction is named before any figure is given", async () => {
  const ids = Array.from({ length: 42 }, (_, i) => `p${i}`);
  const rest = ["wide", "void", "unchosen", "unknown", "text", "bad truth", "good"];
  const dataset = await datasetOf(
    Object.fromEntries([...ids, ...rest].map((id) => [id, id === "bad truth" ? [9, 0] : [0, 3]])),
  );
  await writeMask(predicted("wide"), [0, 3, 3], 3);
  await writeMask(predicted("void"), [0, 255], 2);
  await writeMask(predicted("unchosen"), [2, 0], 2);
  await writeMask(predicted("unknown"), [0, 7], 2);
  await writeMask(predicted("bad truth"), [0, 0], 2);
  await writeMask(predicted("good"), [0, 3], 2);
  await writeFile(predicted("text"), "no picture");
  const noClass = "which stands for no class";
  await expect(evaluateMasks(join(folder, "masks"), dataset)).rejects.toThrow(
    `${join(folder, "masks")}: there must be a prediction <id>.png for each picture of the split ` +
      '"val" that has a mask, of the mask\'s size; 42 missing, 1 of another size, 4 unusable, ' +
      "1 with an unusable truth." +
      `\n  missing: ${ids.slice(0, 40).join("; ")}; and 2 more.` +
      "\n  of another size: wide is 3x1, must be 2x1." +
      `\n  unusable: void: the mask's pixel (1, 0) has the value 255, ${noClass}; ` +
      `unchosen: the mask's pixel (0, 0) has the value 2, ${noClass}; ` +
      `unknown: the mask's pixel (1, 0) has the value 7, ${noClass}; ` +
      "text: the mask is not a PNG file." +
      `\n  with an unusable truth: ${join(folder, "truth", "bad truth.png")}: the mask's pixel ` +
      `(0, 0) has the value 9, ${noClass}.` +
      `\nPredict those pictures (again), with ${legal}.`,
  );
});

test("masks of other classes are an error that shows both lists", async () => {
  const dataset = await datasetOf({ a: [0, 3] });
  const masks = join(folder, "masks");
  await writeMask(predicted("a"), [0, 3], 2);
  const file = join(masks, "segmentation.json");
  const format = "guided-attention masks 1";
  await writeFile(file, JSON.stringify({ format, classes: ["ant", "bee", "cat"] }));
  await expect(evaluateMasks(masks, dataset)).rejects.toThrow(
    `${file}: the masks are of the classes ant,bee,cat, the data set's are cat,ant. Choose the ` +
      "same ones in the same order (--classes ant,bee,cat), or segment the pictures with the others.",
  );
  for (const text of ["{", "{}", JSON.stringify({ format: "other", classes: [] })]) {
    await writeFile(file, text);
    await expect(evaluateMasks(masks, dataset)).rejects.toThrow(
      `${file}: this must be a JSON object with "format": "guided-attention masks 1" and ` +
        '"classes". Segment the pictures again, or delete the file to score the masks without ' +
        "this check.",
    );
  }
  await writeFile(file, JSON.stringify({ format, classes: ["cat", "ant"], crf: true }));
  expect((await evaluateMasks(masks, dataset)).segmentation.mIoU).toBe(1);
});

test("a split without masks, with void ones only, or no folder: each an error of its own", async () => {
  const masks = join(folder, "masks");
  const dataset = await datasetOf({ a: undefined });
  await expect(evaluateMasks(masks, dataset)).rejects.toThrow(
    `${masks}: there is no such folder of masks. Check the path.`,
  );
  await mkdir(masks);
  await expect(evaluateMasks(masks, dataset)).rejects.toThrow(
    `${dataset.root}: no picture of the split "val" has a mask to compare with. Choose another ` +
      "--split, or add masks to the data set.",
  );
  await expect(evaluateMasks(masks, dataset, { split: "test" })).rejects.toThrow(
    `${dataset.root}: split must be one of train, val; got "test". Choose another --split.`,
  );
  await writeMask(predicted("a"), [0, 0], 2);
  await expect(evaluateMasks(masks, await datasetOf({ a: [255, 255] }))).rejects.toThrow(
    `${dataset.root}: every mask of the split "val" is void everywhere, so that there is nothing ` +
      "to compare with. Choose another --split, or correct the masks.",
  );
});

test("stops when it is told to", async () => {
  const dataset = await datasetOf({ a: [0, 3] });
  await writeMask(predicted("a"), [0, 3], 2);
  await expect(
    evaluateMasks(join(folder, "masks"), dataset, { signal: AbortSignal.abort() }),
  ).rejects.toThrow("aborted");
});
