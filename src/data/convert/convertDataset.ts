/** A data set in another tool's format: the same pictures, tags, splits, masks and boxes. */

import { copyFile, link, mkdir, realpath } from "node:fs/promises";
import { dirname, extname, join, relative, resolve, sep } from "node:path";
import sharp from "sharp";
import type { DatasetOptions } from "../datasetOptions.ts";
import { mapLimited } from "../mapLimited.ts";
import { decodeMask, maskFile, requireMaskSize } from "../mask.ts";
import { pictureSize } from "../picture.ts";
import { type Problem, ProblemError } from "../problem.ts";
import { openDataset } from "../readDataset.ts";
import type { Dataset } from "../types.ts";
import { lossNotes } from "./lossNotes.ts";
import { fileNames } from "./names.ts";
import { boxesOf, objectsOf } from "./objects.ts";
import { splitsFor } from "./splitsFor.ts";
import { stageConversion } from "./stage.ts";
import type { ConvertFormat, Entry, Loss, Plan, ReadPicture, Target, Written } from "./target.ts";
import { cocoTarget } from "./writeCoco.ts";
import { foldersTarget } from "./writeFolders.ts";
import { labelStudioTarget } from "./writeLabelStudio.ts";
import { tableTarget } from "./writeTable.ts";
import { vocTarget } from "./writeVoc.ts";
import { yoloTarget } from "./writeYolo.ts";

export interface ConvertOptions extends DatasetOptions {
  /** Any data set; with `masks`, those take the place of its own masks and boxes. */
  readonly data: string;
  /** A new or empty folder, or an earlier conversion, which is replaced. */
  readonly out: string;
  readonly to: ConvertFormat;
  /** The only split to write; all by default. */
  readonly split?: string | undefined;
  /** Whether pictures become hard links where that is possible, and not copies. */
  readonly link?: boolean;
  /** Label Studio: whether the labels are predictions, not annotations. */
  readonly predictions?: boolean;
  /** Label Studio: what stands before the pictures' paths, such as an address. */
  readonly imagePrefix?: string;
  /** Stops the work; nothing of it stays on the disk. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface Conversion {
  readonly out: string;
  readonly format: ConvertFormat;
  readonly classes: readonly string[];
  /** Pictures of each split. */
  readonly splits: Readonly<Record<string, number>>;
  readonly pictures: number;
  readonly objects: number;
  /** What the format cannot hold, and how many pictures that changed; a line each. */
  readonly notes: readonly string[];
  /** Pictures, masks or boxes that cannot be read; such pictures are left out. */
  readonly problems: readonly Problem[];
}

/**
 * Writes the data set in another format, and appears when it is whole. Pictures are copied as they
 * are; sizes, masks and boxes are of the upright picture.
 *
 * @throws {DataError} When the data set cannot be read, the format can hold nothing of it, or `out`
 *   holds something else.
 */
export async function convertDataset(options: ConvertOptions): Promise<Conversion> {
  const { data, to, split, classes, masks } = options;
  const out = resolve(options.out);
  const dataset = await openDataset(data, { classes, masks });
  const { splits, notes } = splitsFor(to, dataset, split);
  const plan = planOf(options, dataset, splits);
  requireContent(to, dataset, plan);
  await requireApart(out, resolve(data), masks, plan);
  return stageConversion(out, async (root) => {
    const { written, problems, turned } = await writeAll(root, options, dataset, plan);
    const losses = new Map<Loss, number>();
    for (const loss of [...written.values()].flatMap((item) => item.losses)) {
      losses.set(loss, (losses.get(loss) ?? 0) + 1);
    }
    const done = [...written.keys()];
    return {
      ...{ out, format: to, classes: plan.classes, problems },
      splits: Object.fromEntries(
        plan.splits.map((name) => [
          name,
          done.filter((entry) => entry.splits.includes(name)).length,
        ]),
      ),
      pictures: done.length,
      objects: [...written.values()].reduce((sum, { objects }) => sum + objects, 0),
      notes: [...notes, ...lossNotes(to, plan, done, losses, turned)],
    };
  });
}

type MakeTarget = (root: string, plan: Plan) => Promise<Target<unknown>>;

const targets: Readonly<Record<ConvertFormat, MakeTarget>> = {
  coco: cocoTarget,
  voc: vocTarget,
  yolo: yoloTarget,
  "label-studio": labelStudioTarget,
  table: tableTarget,
  folders: foldersTarget,
};

function planOf(
  { to, masks, predictions = false, imagePrefix = "" }: ConvertOptions,
  { classes }: Dataset,
  splits: ReturnType<typeof splitsFor>["splits"],
): Plan {
  const splitsById = new Map<string, string[]>();
  for (const [split, samples] of splits) {
    for (const { id } of samples) splitsById.set(id, [...(splitsById.get(id) ?? []), split]);
  }
  const samples = new Map([...splits.values()].flat().map((sample) => [sample.id, sample]));
  const names = fileNames([...samples.keys()], { spaces: to !== "voc" });
  const entries = [...samples.values()].map((given, i): Entry => {
    // Masks of a network come without the boxes that people drew.
    const { boxes, ...rest } = given;
    const sample = masks === undefined && boxes !== undefined ? { ...rest, boxes } : rest;
    return { sample, name: names[i], splits: splitsById.get(given.id) ?? [] };
  });
  return {
    ...{ classes, entries, splits: [...splits.keys()] },
    hasMasks: entries.some(({ sample }) => sample.mask !== undefined),
    hasBoxes: entries.some(({ sample }) => sample.boxes !== undefined),
    labelStudio: { predictions, imagePrefix },
  };
}

/** @throws {DataError} When there are only tags, and the format holds only objects. */
function requireContent(to: ConvertFormat, { root }: Dataset, plan: Plan): void {
  if ((to !== "coco" && to !== "yolo") || plan.hasMasks || plan.hasBoxes) return;
  throw new ProblemError(
    root,
    `no picture has a mask or boxes, and ${to} holds objects, not tags of whole pictures`,
    "Give masks (--masks), or convert to label-studio, table, voc or folders",
  );
}

/** @throws {DataError} When `out` holds what is read: it will be replaced. */
async function requireApart(
  out: string,
  data: string,
  masks: string | undefined,
  { entries }: Plan,
): Promise<void> {
  const read = [
    data,
    ...(masks === undefined ? [] : [resolve(masks)]),
    ...entries.flatMap(({ sample: { image, mask } }) => [
      image,
      ...(mask === undefined ? [] : [maskFile(mask)]),
    ]),
  ];
  const inside = read.find((path) => path === out || path.startsWith(`${out}${sep}`));
  if (inside === undefined) return;
  throw new ProblemError(
    out,
    `the folder for the result must hold nothing that is read, and holds ${relative(out, inside) || "the data set"}`,
    "Name another folder",
  );
}

/** Pictures that are read and copied at a time. */
const inFlight = 4;

async function writeAll(
  root: string,
  options: ConvertOptions,
  dataset: Dataset,
  plan: Plan,
): Promise<{
  written: ReadonlyMap<Entry, Written<unknown>>;
  problems: readonly Problem[];
  turned: number;
}> {
  const { signal, onProgress } = options;
  const target = await targets[options.to](root, plan);
  const found = new Map<Entry, Written<unknown>>();
  const problems = new Map<Entry, Problem>();
  let turned = 0;
  let failure: { readonly error: unknown } | undefined;
  // All must have stopped before the caller removes the folder.
  await mapLimited(plan.entries, inFlight, async (entry) => {
    if (failure !== undefined) return;
    try {
      signal?.throwIfAborted();
      const picture = await readPicture(entry, dataset, target);
      await place(entry.sample.image, join(root, picture.file), options.link === true);
      found.set(entry, await target.add(picture));
      if (await isTurned(entry.sample.image)) turned++;
      onProgress?.(found.size + problems.size, plan.entries.length);
    } catch (error) {
      if (error instanceof ProblemError) problems.set(entry, error.problem);
      else failure ??= { error };
    }
  });
  if (failure !== undefined) throw failure.error;
  signal?.throwIfAborted();
  const [first] = plan.entries;
  if (found.size === 0 && first !== undefined) {
    const problem = problems.get(first);
    throw new ProblemError(
      problem?.file ?? first.sample.image,
      `${problem?.reason}; no picture of the data set can be converted`,
      "Run gain check on it to list all that is wrong",
    );
  }
  const done = plan.entries.filter((entry) => found.has(entry));
  const written = new Map(done.flatMap((entry) => pair(entry, found.get(entry))));
  await target.finish(new Map([...written].map(([entry, { record }]) => [entry, record])));
  const failed = plan.entries.flatMap((entry) => problems.get(entry) ?? []);
  return { written, problems: failed, turned };
}

function pair<K, V>(key: K, value: V | undefined): [K, V][] {
  return value === undefined ? [] : [[key, value]];
}

async function readPicture(
  entry: Entry,
  { maskLabels }: Dataset,
  target: Target<unknown>,
): Promise<ReadPicture> {
  const { sample } = entry;
  const { width, height } = await pictureSize(sample.image);
  const size = { width, height };
  const mask = sample.mask === undefined ? undefined : await decodeMask(sample.mask, maskLabels);
  if (mask && sample.mask !== undefined) requireMaskSize(sample.mask, mask, size);
  const boxes = await boxesOf(sample, size);
  const found = await objectsOf(sample, size, mask, boxes, maskLabels);
  const file = target.imagePath(entry, extname(sample.image));
  return { ...entry, ...size, ...found, file, ...(mask && { mask }), ...(boxes && { boxes }) };
}

/** Whether the file's EXIF tag turns or mirrors the picture. */
async function isTurned(image: string): Promise<boolean> {
  const { orientation = 1 } = await sharp(image).metadata();
  return orientation !== 1;
}

async function place(from: string, to: string, isLink: boolean): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const isLinked =
    isLink &&
    (await link(await realpath(from), to).then(
      () => true,
      // Another disk, or one without hard links.
      () => false,
    ));
  if (!isLinked) await copyFile(from, to);
}
