/** A data set of a few small pictures in VOC layout: discs and squares on noise. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { writeIndexedPng } from "../../src/data/index.ts";
import { Random } from "../../src/random.ts";

const side = 40;

/** Options of runs that take seconds. */
export const tinyRun = [
  ...["--model", "smallnet", "--input-size", "32", "--batch-size", "4", "--threads", "1"],
  ...["--set", "optimizer.kind=adam", "--set", "learningRate=0.001", "--set", "headRateFactor=1"],
];

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "gain-cli-"));

/** Pixel values of the classes in masks, by name; those of VOC need no `classes.txt`. */
const ownClasses: Readonly<Record<string, number>> = { disc: 1, square: 2 };

/**
 * Writes 14 pictures for training and 4 for validation.
 *
 * @param names  Of the discs and the squares, with their pixel values.
 * @returns      The data set's folder.
 */
export async function tinyData(
  parent: string,
  name: string = "data",
  names: Readonly<Record<string, number>> = ownClasses,
): Promise<string> {
  const root = join(parent, name);
  for (const folder of [
    "JPEGImages",
    "SegmentationClass",
    "ImageSets/Main",
    "ImageSets/Segmentation",
  ]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const random = new Random(7);
  const [classes, values] = [Object.keys(names), Object.values(names)];
  const counts = { train: 14, val: 4 };
  for (const [split, count] of Object.entries(counts)) {
    const ids = Array.from({ length: count }, (_, i) => `${split}${i}`);
    for (const [i, id] of ids.entries()) await writePicture(root, id, i % 2, values[i % 2], random);
    await writeFile(join(root, `ImageSets/Segmentation/${split}.txt`), `${ids.join("\n")}\n`);
    for (const [c, className] of classes.entries()) {
      const lines = ids.map((id, i) => `${id} ${i % 2 === c ? 1 : -1}\n`).join("");
      await writeFile(join(root, `ImageSets/Main/${className}_${split}.txt`), lines);
    }
  }
  if (names === ownClasses) await writeFile(join(root, "classes.txt"), `${classes.join("\n")}\n`);
  return root;
}

async function writePicture(
  root: string,
  id: string,
  kind: number,
  value: number,
  random: Random,
): Promise<void> {
  const pixels = new Uint8Array(side * side * 3);
  const mask = new Uint8Array(side * side);
  const [cx, cy] = [random.uniform(14, 26), random.uniform(14, 26)];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const isInside =
        kind === 0
          ? Math.hypot(x - cx, y - cy) < 9
          : Math.max(Math.abs(x - cx), Math.abs(y - cy)) < 8;
      const i = y * side + x;
      mask[i] = isInside ? value : 0;
      for (let c = 0; c < 3; c++) {
        pixels[3 * i + c] = isInside ? (kind === c ? 230 : 40) : random.uniform(60, 160);
      }
    }
  }
  const jpeg = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .jpeg()
    .toBuffer();
  await writeFile(join(root, "JPEGImages", `${id}.jpg`), jpeg);
  await writeIndexedPng(join(root, "SegmentationClass", `${id}.png`), mask, side, side);
}
