/** Writes the sample data set: drawn pictures with tags, and masks or boxes, in VOC layout. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { Random } from "../../random.ts";
import { writeIndexedPng } from "../indexedPng.ts";
import { DataError } from "../types.ts";
import { vocAnnotationText } from "../vocAnnotation.ts";
import { distractors } from "./catalog.ts";
import { licenseText, readmeText } from "./credits.ts";
import { drawGlyphs, type GlyphCache } from "./glyphs.ts";
import { readCredits, readIcons } from "./iconSets.ts";
import { type SampleKind, type SamplePlan, type SampleSplit, sampleKinds } from "./kinds.ts";
import { composeScene, type Scene } from "./scene.ts";
import { type SampleMark, stage, standingOf } from "./stage.ts";

export interface SampleOptions {
  /** "scenes" by default; see `sampleKinds`. */
  readonly kind?: SampleKind;
  /** How many pictures, for all splits together; one in six is for validation, and for each test. */
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
  /** Pictures by split, "train" first. */
  readonly splits: Readonly<Record<string, number>>;
  /** False when the folder held exactly this sample already. */
  readonly isNew: boolean;
}

/** Increases with every change of what a sample holds. */
const version = 2;

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
  { kind = "scenes", images = 2400, seed = 1, size = 112, signal, onProgress }: SampleOptions = {},
): Promise<SampleSummary> {
  const plan = sampleKinds[kind];
  checkInteger("images", images, plan.splits.length, 999_999);
  checkInteger("seed", seed, -(2 ** 31), 2 ** 32 - 1);
  checkInteger("size", size, 64, 512);
  const target = resolve(directory);
  const mark: SampleMark = { version, kind, images, seed, size };

  const standing = await standingOf(target, mark);
  if (standing === "foreign") {
    throw new DataError(
      `sample: ${target} must be an empty or new folder, or hold an earlier sample; it holds ` +
        "something else. Name another folder.",
    );
  }
  if (standing !== "same") {
    await stage(target, mark, (partial) =>
      fill(partial, { plan, images, seed, size, signal, onProgress }),
    );
  }
  return {
    directory: target,
    classes: plan.classes.map(({ name }) => name),
    splits: Object.fromEntries(
      rangesOf(plan, images).map(({ split, from, to }) => [split.name, to - from]),
    ),
    isNew: standing !== "same",
  };
}

interface Work {
  readonly plan: SamplePlan;
  readonly images: number;
  readonly seed: number;
  readonly size: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: SampleOptions["onProgress"] | undefined;
}

/** The pictures of a split: from index `from` to before `to`. */
interface Range {
  readonly split: SampleSplit;
  readonly from: number;
  readonly to: number;
}

/** Training comes first, and takes what the others leave. */
function rangesOf({ splits }: SamplePlan, images: number): Range[] {
  const counts = splits.map(({ share }) => share && Math.max(1, Math.round(share * images)));
  const rest = images - counts.reduce((sum: number, count = 0) => sum + count, 0);
  let from = 0;
  return splits.map((split, i) => {
    const to = from + (counts[i] ?? rest);
    const range = { split, from, to };
    from = to;
    return range;
  });
}

async function fill(root: string, work: Work): Promise<void> {
  const { plan, images, seed, size } = work;
  const { boxes, ...always } = folders;
  for (const folder of [...Object.values(always), ...(hasBoxes(plan) ? [boxes] : [])]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const icons = await readIcons([
    ...plan.classes.flatMap((kind) => [...kind.icons, ...kind.companions]),
    ...distractors,
  ]);
  const glyphs = await drawGlyphs(icons, Math.ceil(plan.sizes[1] * size));
  const tags = await writePictures(root, work, glyphs);
  await writeLists(root, work, tags);
  await writeFile(join(root, "LICENSES.txt"), licenseText(await readCredits()));
  await writeFile(
    join(root, "README.txt"),
    readmeText({ images, seed, size, about: plan.about, hasBoxes: hasBoxes(plan) }),
  );
}

const folders = {
  images: "JPEGImages",
  masks: "SegmentationClass",
  boxes: "Annotations",
  main: "ImageSets/Main",
  segmentation: "ImageSets/Segmentation",
};

const hasBoxes = ({ trainAnnotations }: SamplePlan): boolean => trainAnnotations === "boxes";

/** Whether the pictures of a split have boxes in place of masks. */
const isBoxed = (plan: SamplePlan, split: SampleSplit): boolean =>
  hasBoxes(plan) && split === plan.splits[0];

/** Returns each picture's tags. Every picture has a generator of its own: order does not matter. */
async function writePictures(
  root: string,
  { plan, images, seed, size, signal, onProgress }: Work,
  glyphs: GlyphCache,
): Promise<(readonly number[])[]> {
  const random = new Random(seed);
  const ranges = rangesOf(plan, images);
  const tags = new Array<readonly number[]>(images);
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < images) {
      signal?.throwIfAborted();
      const index = next++;
      const range = ranges.find(({ to }) => index < to);
      if (range === undefined) throw new Error(`internal: no split has picture ${index}.`);
      const scene = composeScene(size, plan, range.split, glyphs, random.fork(index));
      tags[index] = scene.tags;
      const name = nameOf(index);
      await writePicture(root, name, scene, size);
      if (isBoxed(plan, range.split)) await writeBoxes(root, name, scene, { plan, size });
      else await writeIndexedPng(join(root, folders.masks, `${name}.png`), scene.mask, size, size);
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

async function writePicture(
  root: string,
  name: string,
  { pixels }: Scene,
  size: number,
): Promise<void> {
  const jpeg = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .jpeg({ quality: jpegQuality, chromaSubsampling: "4:4:4" })
    .toBuffer();
  await writeFile(join(root, folders.images, `${name}.jpg`), jpeg);
}

async function writeBoxes(
  root: string,
  name: string,
  { boxes }: Scene,
  { plan: { classes }, size }: Pick<Work, "plan" | "size">,
): Promise<void> {
  const text = vocAnnotationText(
    { fileName: `${name}.jpg`, width: size, height: size, isSegmented: false, boxes },
    classes.map((kind) => kind.name),
  );
  await writeFile(join(root, folders.boxes, `${name}.xml`), text);
}

async function writeLists(
  root: string,
  { plan, images }: Work,
  tags: readonly (readonly number[])[],
): Promise<void> {
  const names = tags.map((_, index) => nameOf(index));
  for (const { split, from, to } of rangesOf(plan, images)) {
    const lines = (line: (index: number) => string) =>
      names
        .slice(from, to)
        .map((_, i) => `${line(from + i)}\n`)
        .join("");
    // As in VOC, what is listed in Segmentation has masks.
    const folder = isBoxed(plan, split) ? folders.main : folders.segmentation;
    await writeFile(
      join(root, folder, `${split.name}.txt`),
      lines((index) => names[index]),
    );
    for (const [classIndex, { name }] of plan.classes.entries()) {
      const sign = (index: number) => (tags[index].includes(classIndex) ? " 1" : "-1");
      await writeFile(
        join(root, folders.main, `${name}_${split.name}.txt`),
        lines((index) => `${names[index]} ${sign(index)}`),
      );
    }
  }
  await writeFile(join(root, "classes.txt"), plan.classes.map(({ name }) => `${name}\n`).join(""));
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
