/** What is in a data set, and what is wrong with it. */

import { mapLimited } from "./mapLimited.ts";
import { decodeMask, requireMaskSize } from "./mask.ts";
import { decodePicture } from "./picture.ts";
import { type Problem, problemOf } from "./problem.ts";
import { type DatasetOptions, emptyClasses, openDataset } from "./readDataset.ts";
import type { Dataset, DatasetFormat, Sample } from "./types.ts";

export interface SplitReport {
  readonly images: number;
  /** Pictures with each class, by name. */
  readonly classes: Readonly<Record<string, number>>;
  /** Pictures with none of the classes. */
  readonly untagged: number;
  /** Pictures with a mask file. */
  readonly masks: number;
  /** Pictures with boxes. */
  readonly boxes: number;
}

export interface DatasetReport {
  readonly root: string;
  readonly format: DatasetFormat;
  readonly classes: readonly string[];
  /** Pixel value of each class in masks. */
  readonly maskValues: Readonly<Record<string, number>>;
  readonly splits: Readonly<Record<string, SplitReport>>;
  readonly problems: readonly Problem[];
}

export interface CheckOptions extends DatasetOptions {
  /** Called after each picture. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Reads a data set and decodes every picture and mask of it.
 *
 * @throws {DataError} When the data set itself cannot be read.
 */
export async function checkDataset(
  path: string,
  { onProgress, ...options }: CheckOptions = {},
): Promise<DatasetReport> {
  const dataset = await openDataset(path, options);
  const { root, format, classes, maskLabels, splits } = dataset;
  // Splits may share pictures (VOC's train and trainval).
  const samples = new Map(
    Object.values(splits).flatMap((split) => split.map((sample) => [sample.image, sample])),
  );
  let done = 0;
  const found = await mapLimited([...samples.values()], 4, async (sample) => {
    const problems = await sampleProblems(sample, dataset, options.classes === undefined);
    onProgress?.(++done, samples.size);
    return problems;
  });
  return {
    root,
    format,
    classes,
    maskValues: Object.fromEntries(
      classes.map((name, index) => [name, maskLabels.indexOf(index + 1)]),
    ),
    splits: Object.fromEntries(
      Object.entries(splits).map(([name, split]) => [name, splitReport(split, classes)]),
    ),
    problems: [...emptyClasses(dataset), ...splitProblems(dataset), ...found.flat()],
  };
}

function splitReport(samples: readonly Sample[], classes: readonly string[]): SplitReport {
  const counts = classes.map(
    (name, index) => [name, samples.filter(({ tags }) => tags.includes(index)).length] as const,
  );
  return {
    images: samples.length,
    classes: Object.fromEntries(counts),
    untagged: samples.filter(({ tags }) => tags.length === 0).length,
    masks: samples.filter(({ mask }) => mask !== undefined).length,
    boxes: samples.filter(({ boxes }) => boxes !== undefined && boxes.length > 0).length,
  };
}

function splitProblems({ root, splits }: Dataset): Problem[] {
  const reasons = Object.entries(splits)
    .filter(([, samples]) => samples.length === 0)
    .map(([name]) => `the split "${name}" is empty`);
  if (!("val" in splits)) reasons.push('there is no split "val"');
  return reasons.map((reason) => ({ file: root, reason, fix: "Add pictures to it" }));
}

/** @param wantsTags  Whether a picture without tags is a problem: not in a subset of the classes. */
async function sampleProblems(
  sample: Sample,
  { maskLabels }: Dataset,
  wantsTags: boolean,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  if (wantsTags && sample.tags.length === 0) {
    const fix = "Tag it, or leave it as an example of no class";
    problems.push({ file: sample.image, reason: "the picture has no tag", fix });
  }
  const picture = await decodePicture(sample.image, 16, 16).catch((error) => {
    problems.push(problemOf(error));
  });
  if (sample.mask !== undefined) {
    try {
      const mask = await decodeMask(sample.mask, maskLabels);
      if (picture) requireMaskSize(sample.mask, mask, picture.original);
    } catch (error) {
      problems.push(problemOf(error));
    }
  }
  const { width, height } = picture?.original ?? { width: Infinity, height: Infinity };
  const outside = sample.boxes?.find(({ right, bottom }) => right > width || bottom > height);
  if (outside !== undefined) {
    problems.push({
      file: sample.image,
      reason: `a box ends at (${outside.right}, ${outside.bottom}), outside the ${width}x${height} pixels of the picture`,
      fix: "Give boxes in pixels of the upright picture",
    });
  }
  return problems;
}
