/** Writes the sample data set: drawn pictures with tags and masks, in VOC layout. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { Random } from "../../random.ts";
import { writeIndexedPng } from "../indexedPng.ts";
import { DataError } from "../types.ts";
import { distractors, sampleClasses } from "./catalog.ts";
import { licenseText, readmeText } from "./credits.ts";
import { drawGlyphs, type GlyphCache } from "./glyphs.ts";
import { readCredits, readIcons } from "./iconSets.ts";
import { composeScene, largestObject, type Scene } from "./scene.ts";
import { type SampleMark, stage, standingOf } from "./stage.ts";

export interface SampleOptions {
  /** How many pictures, for both splits together; one in six is for validation. */
  readonly images?: number;
  /** Any integer; the same seed gives the same files, byte for byte. */
  readonly seed?: number;
  /** Side of the square pictures, in pixels, 64 to 512. */
  readonly size?: number;
  /** Stops the work; nothing of it stays on the disk. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface SampleSummary {
  readonly directory: string;
  readonly classes: readonly string[];
  readonly train: number;
  readonly val: number;
  /** False when the folder held exactly this sample already. */
  readonly isNew: boolean;
}

/** Increases with every change of what the pictures show. */
const version = 1;

const jpegQuality = 90;

/** Pictures that are composed or encoded at a time. */
const inFlight = 8;

/**
 * Writes the sample data set, unless the folder holds exactly this one.
 *
 * @throws {DataError} When an option is out of range, or the folder holds something else.
 */
export async function writeSample(
  directory: string,
  { images = 2400, seed = 1, size = 112, signal, onProgress }: SampleOptions = {},
): Promise<SampleSummary> {
  checkInteger("images", images, 2, 999_999);
  checkInteger("seed", seed, -(2 ** 31), 2 ** 32 - 1);
  checkInteger("size", size, 64, 512);
  const target = resolve(directory);
  const mark: SampleMark = { version, images, seed, size };
  const train = images - Math.max(1, Math.round(images / 6));
  const classes = sampleClasses.map(({ name }) => name);

  const standing = await standingOf(target, mark);
  if (standing === "foreign") {
    throw new DataError(
      `sample: ${target} must be an empty or new folder, or hold an earlier sample; it holds ` +
        "something else. Name another folder.",
    );
  }
  if (standing !== "same") {
    await stage(target, mark, (partial) =>
      fill(partial, { train, images, seed, size, signal, onProgress }),
    );
  }
  return { directory: target, classes, train, val: images - train, isNew: standing !== "same" };
}

interface Plan {
  readonly train: number;
  readonly images: number;
  readonly seed: number;
  readonly size: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: SampleOptions["onProgress"] | undefined;
}

async function fill(root: string, plan: Plan): Promise<void> {
  for (const folder of Object.values(folders)) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const icons = await readIcons([
    ...sampleClasses.flatMap((kind) => [...kind.icons, ...kind.companions]),
    ...distractors,
  ]);
  const glyphs = await drawGlyphs(icons, Math.ceil(largestObject * plan.size));
  const tags = await writePictures(root, plan, glyphs);
  await writeLists(root, plan, tags);
  await writeFile(join(root, "LICENSES.txt"), licenseText(await readCredits()));
  await writeFile(join(root, "README.txt"), readmeText(plan.images, plan.seed, plan.size));
}

const folders = {
  images: "JPEGImages",
  masks: "SegmentationClass",
  main: "ImageSets/Main",
  segmentation: "ImageSets/Segmentation",
};

/** Returns each picture's tags. Every picture has a generator of its own: order does not matter. */
async function writePictures(
  root: string,
  { train, images, seed, size, signal, onProgress }: Plan,
  glyphs: GlyphCache,
): Promise<(readonly number[])[]> {
  const random = new Random(seed);
  const tags = new Array<readonly number[]>(images);
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < images) {
      signal?.throwIfAborted();
      const index = next++;
      const split = index < train ? "train" : "val";
      const scene = composeScene(size, split, glyphs, random.fork(index));
      tags[index] = scene.tags;
      await writeScene(root, nameOf(index), scene, size);
      onProgress?.(++done, images);
    }
  };
  const stop = (error: unknown) => {
    next = images;
    throw error;
  };
  const workers = await Promise.allSettled(
    Array.from({ length: inFlight }, () => work().catch(stop)),
  );
  // All have stopped by now, so the caller can remove the folder.
  for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
  return tags;
}

async function writeScene(root: string, name: string, scene: Scene, size: number): Promise<void> {
  const jpeg = await sharp(scene.pixels, { raw: { width: size, height: size, channels: 3 } })
    .jpeg({ quality: jpegQuality, chromaSubsampling: "4:4:4" })
    .toBuffer();
  await writeFile(join(root, folders.images, `${name}.jpg`), jpeg);
  await writeIndexedPng(join(root, folders.masks, `${name}.png`), scene.mask, size, size);
}

async function writeLists(
  root: string,
  { train, images }: Plan,
  tags: readonly (readonly number[])[],
): Promise<void> {
  const names = tags.map((_, index) => nameOf(index));
  for (const [split, from, to] of [
    ["train", 0, train],
    ["val", train, images],
  ] as const) {
    const lines = (line: (index: number) => string) =>
      names
        .slice(from, to)
        .map((_, i) => `${line(from + i)}\n`)
        .join("");
    await writeFile(
      join(root, folders.segmentation, `${split}.txt`),
      lines((index) => names[index]),
    );
    for (const [classIndex, { name }] of sampleClasses.entries()) {
      const sign = (index: number) => (tags[index].includes(classIndex) ? " 1" : "-1");
      await writeFile(
        join(root, folders.main, `${name}_${split}.txt`),
        lines((index) => `${names[index]} ${sign(index)}`),
      );
    }
  }
  await writeFile(join(root, "classes.txt"), sampleClasses.map(({ name }) => `${name}\n`).join(""));
}

/** `000001` for the first picture. */
function nameOf(index: number): string {
  return String(index + 1).padStart(6, "0");
}

function checkInteger(option: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new DataError(
      `sample: ${option} must be a whole number from ${least} to ${most}; got ${value}.`,
    );
  }
}
