/** What is in a data set, and what is wrong with it. */

import { resolve } from "node:path";
import { exists } from "../../exists.ts";
import { readBoxes } from "../boxes.ts";
import { mapLimited } from "../mapLimited.ts";
import { type Problem, problemOf } from "../problem.ts";
import { type DatasetOptions, openDataset } from "../readDataset.ts";
import type { Box, Dataset, DatasetFormat, Sample } from "../types.ts";
import { duplicateFindings, samplesByImage } from "./duplicates.ts";
import { fileBiasFindings } from "./fileBias.ts";
import { bySeverity, type Finding, finding } from "./finding.ts";
import { type Inspection, inspectPicture } from "./inspectPicture.ts";
import { placesOf, tagSpaceFindings, unlistedFindings } from "./listFindings.ts";
import { checkMask } from "./maskFindings.ts";
import { pictureFindings } from "./pictureFindings.ts";
import { splitFindings } from "./splitFindings.ts";
import { cooccurrence, tagBiasFindings } from "./tagBias.ts";
import { tagNameFindings } from "./tagNames.ts";

export interface SplitReport {
  readonly images: number;
  /** Pictures with each class, by name. */
  readonly classes: Readonly<Record<string, number>>;
  /** The same as shares of the split's pictures, 0 to 1. */
  readonly shares: Readonly<Record<string, number>>;
  /** Pictures with none of the classes. */
  readonly untagged: number;
  /** Pictures with a mask. */
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
  /** Different pictures of all splits, which may share some. */
  readonly images: number;
  /** Pictures to train on with both of two classes, [classes, classes]; with one on the diagonal. */
  readonly cooccurrence: readonly (readonly number[])[];
  /** Errors, then warnings. */
  readonly problems: readonly Finding[];
  /** What is good to know, and no problem. */
  readonly notes: readonly Finding[];
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
  const samples = samplesByImage(dataset);
  const places = await placesOfMissing(dataset, resolve(path), samples);
  const pictures = new Map<string, Inspection>();
  const boxed = new Set<string>();
  let done = 0;
  const found = await mapLimited(samples, 4, async (sample) => {
    const findings = await sampleFindings(sample, dataset, {
      place: places.get(sample.image),
      // In a subset of the classes, a picture without tags is an example of the others.
      wantsTags: options.classes === undefined,
      keep: (picture) => pictures.set(sample.image, picture),
      keepBoxed: () => boxed.add(sample.image),
    });
    onProgress?.(++done, samples.length);
    return findings;
  });
  const findings = [
    ...splitFindings(dataset),
    ...tagNameFindings(root, classes),
    ...tagBiasFindings(dataset),
    ...fileBiasFindings(dataset, pictures),
    ...found.flat(),
    ...(await duplicateFindings(dataset, pictures)),
    ...(await tagSpaceFindings(dataset, resolve(path))),
    ...(await unlistedFindings(dataset)),
  ];
  return {
    root,
    format,
    classes,
    maskValues: Object.fromEntries(
      classes.map((name, index) => [name, maskLabels.indexOf(index + 1)]),
    ),
    splits: Object.fromEntries(
      Object.entries(splits).map(([name, split]) => [name, splitReport(split, classes, boxed)]),
    ),
    images: samples.length,
    cooccurrence: cooccurrence(
      splits.train.map(({ tags }) => tags),
      classes.length,
    ),
    problems: bySeverity(findings.filter(({ severity }) => severity !== "note")),
    notes: findings.filter(({ severity }) => severity === "note"),
  };
}

/** @param boxed  The pictures that have boxes. */
function splitReport(
  samples: readonly Sample[],
  classes: readonly string[],
  boxed: ReadonlySet<string>,
): SplitReport {
  const counts = classes.map(
    (name, index) => [name, samples.filter(({ tags }) => tags.includes(index)).length] as const,
  );
  const shareOf = (count: number): number => (samples.length === 0 ? 0 : count / samples.length);
  return {
    images: samples.length,
    classes: Object.fromEntries(counts),
    shares: Object.fromEntries(counts.map(([name, count]) => [name, shareOf(count)])),
    untagged: samples.filter(({ tags }) => tags.length === 0).length,
    masks: samples.filter(({ mask }) => mask !== undefined).length,
    boxes: samples.filter(({ image }) => boxed.has(image)).length,
  };
}

async function placesOfMissing(
  dataset: Dataset,
  path: string,
  samples: readonly Sample[],
): ReturnType<typeof placesOf> {
  const missing = await mapLimited(samples, 16, async ({ image }) =>
    (await exists(image)) ? [] : [image],
  );
  return placesOf(dataset, path, missing.flat());
}

interface SampleContext {
  /** The list that names the picture, where it is missing. */
  readonly place: Finding["listed"];
  readonly wantsTags: boolean;
  /** Takes what was seen of the picture. */
  keep(picture: Inspection): void;
  /** Called if the picture has boxes. */
  keepBoxed(): void;
}

async function sampleFindings(
  sample: Sample,
  dataset: Dataset,
  { place, wantsTags, keep, keepBoxed }: SampleContext,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (wantsTags && sample.tags.length === 0) {
    const fix = "Tag it, or leave it as an example of no class";
    const problem = { file: sample.image, reason: "the picture has no tag", fix };
    findings.push(finding("untagged-picture", problem));
  }
  let picture: Inspection | undefined;
  try {
    picture = await inspectPicture(sample.image);
    keep(picture);
  } catch (error) {
    findings.push(await unreadable(problemOf(error), place));
  }
  const mask = await checkMask(sample, dataset, picture);
  const boxes = await boxesOrFinding(sample);
  if ("kind" in boxes) findings.push(boxes);
  else if (boxes.length > 0) keepBoxed();
  if (picture !== undefined) {
    const known = "kind" in boxes ? [] : boxes;
    findings.push(...pictureFindings(known, picture, mask.isUpright));
  }
  return [...findings, ...mask.findings];
}

async function boxesOrFinding(sample: Sample): Promise<readonly Box[] | Finding> {
  try {
    return (await readBoxes(sample)) ?? [];
  } catch (error) {
    return finding("unreadable-boxes", problemOf(error));
  }
}

async function unreadable(problem: Problem, listed: Finding["listed"]): Promise<Finding> {
  if (await exists(problem.file)) return finding("unreadable-picture", problem);
  if (listed === undefined) return finding("missing-picture", problem);
  const reason = `${problem.reason}; line ${listed.line} of ${listed.file} names it`;
  return finding("missing-picture", { ...problem, reason }, { listed });
}
