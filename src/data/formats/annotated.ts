/** Pictures with objects, as every annotation tool describes them, made into a data set. */

import { chooseClasses, maskLabelsOf, resolveClasses } from "../classes.ts";
import type { DatasetOptions } from "../datasetOptions.ts";
import { findMasks } from "../files.ts";
import { idsBelow } from "../ids.ts";
import { ProblemError } from "../problem.ts";
import { completeSplits } from "../splits.ts";
import type {
  Box,
  Dataset,
  DatasetFormat,
  DrawnMask,
  Region,
  RegionShape,
  Sample,
} from "../types.ts";

/** One object of a picture. */
export interface AnnotatedObject {
  /** Which entry of the file, for errors: "annotation 42", "line 3". */
  readonly entry: string;
  readonly className: string;
  /** Its outline, if that is known. */
  readonly shape?: RegionShape | undefined;
  /** Its box, if that is known. */
  readonly box?: Omit<Box, "classIndex"> | undefined;
  /** Stands for many objects, and not all in it is of the class. */
  readonly isCrowd?: boolean;
}

export interface AnnotatedPicture {
  readonly split: string;
  /** Absolute path. */
  readonly image: string;
  /** The file that describes it, and which entry of it. */
  readonly file: string;
  readonly entry: string;
  /** Size as the file states it, pixels. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Classes of the picture beside those of its objects. */
  readonly tags?: readonly string[];
  readonly objects: readonly AnnotatedObject[];
}

export interface AnnotatedSet {
  readonly root: string;
  readonly format: DatasetFormat;
  /** Every class, with the file that names it. */
  readonly classes: ReadonlyMap<string, string>;
  /** Whether the classes are in the order of their mask values, or to be sorted. */
  readonly isOrdered: boolean;
  readonly pictures: readonly AnnotatedPicture[];
}

/**
 * The data set of a tool's pictures; `classes.txt` in its folder may order the classes anew.
 *
 * Regions make a mask, boxes make boxes; a picture may have both. What is not known is not taught:
 * in a mask, an object of which there is only a box is void there, and so is a crowd; if the place of
 * an object is not known at all, its picture has tags only.
 *
 * @throws {DataError} When a class is unknown, there are too many, or two entries of a split name the
 *   same picture.
 */
export async function datasetOf(
  { root, format, classes: found, isOrdered, pictures }: AnnotatedSet,
  options: DatasetOptions,
): Promise<Dataset> {
  const names = await resolveClasses(root, found, { isOrdered });
  const classes = chooseClasses(root, names, options.classes);
  const values = new Map(names.map((name, i) => [name, i + 1]));
  const indexOf = new Map(classes.map((name, i) => [name, i]));
  const ids = idsByImage(pictures[0]?.file ?? root, root, pictures);
  const masks =
    options.masks === undefined ? undefined : await findMasks(options.masks, ids.values());

  const splits = new Map<string, Map<string, Sample>>();
  for (const picture of pictures) {
    const { split, image, objects, tags = [] } = picture;
    const id = ids.get(image) ?? "";
    const members = splits.get(split) ?? new Map<string, Sample>();
    if (members.has(image)) throw namedTwice(picture, pictures);
    const own = new Set([...tags, ...objects.map(({ className }) => className)]);
    const mask = masks === undefined ? maskOf(picture, values) : masks.get(id);
    const boxes = boxesOf(objects, indexOf);
    members.set(image, {
      id,
      image,
      tags: classes.flatMap((name, index) => (own.has(name) ? [index] : [])),
      ...(mask && { mask }),
      ...(boxes && { boxes }),
    });
    splits.set(split, members);
  }
  const samples = new Map([...splits].map(([name, members]) => [name, [...members.values()]]));
  const maskLabels = maskLabelsOf(names, classes);
  return { root, format, classes, maskLabels, splits: completeSplits(samples) };
}

function idsByImage(
  list: string,
  root: string,
  pictures: readonly AnnotatedPicture[],
): ReadonlyMap<string, string> {
  const images = [...new Set(pictures.map(({ image }) => image))];
  const ids = idsBelow(list, root, images);
  const byId = new Map<string, string>();
  for (const [i, id] of ids.entries()) {
    const other = byId.get(id);
    if (other !== undefined) {
      throw new ProblemError(
        root,
        `the pictures ${other} and ${images[i]} would both be called ${id}`,
        "Put them into one folder, or name them differently",
      );
    }
    byId.set(id, images[i]);
  }
  return new Map(ids.map((id, i) => [images[i], id]));
}

function namedTwice(
  { file, entry, image, split }: AnnotatedPicture,
  pictures: readonly AnnotatedPicture[],
): ProblemError {
  const first = pictures.find((other) => other.image === image && other.split === split);
  return new ProblemError(
    file,
    `${first?.entry} and ${entry} name the same picture, ${image}`,
    "Put all objects of a picture into one entry",
  );
}

/** Undefined if no object has an outline. */
function maskOf(
  { file, entry, image, width, height, objects }: AnnotatedPicture,
  values: ReadonlyMap<string, number>,
): DrawnMask | undefined {
  if (!objects.some(({ shape, isCrowd }) => shape !== undefined && !isCrowd)) return undefined;
  const regions: Region[] = [];
  for (const { className, shape, box, isCrowd, entry } of objects) {
    const value = values.get(className);
    const known = shape ?? (box && boxShape(box));
    if (known === undefined || value === undefined) return undefined;
    const isVoid = isCrowd || shape === undefined;
    regions.push({ entry, value, shape: known, ...(isVoid && { isVoid }) });
  }
  const isSized = width !== undefined && height !== undefined;
  return { file, entry, image, ...(isSized && { width, height }), regions };
}

/** Those of the chosen classes; undefined if there is none, or an object has none. */
function boxesOf(
  objects: readonly AnnotatedObject[],
  indexOf: ReadonlyMap<string, number>,
): Box[] | undefined {
  if (objects.some(({ box }) => box === undefined)) return undefined;
  const boxes = objects.flatMap(({ className, box }) => {
    const classIndex = indexOf.get(className);
    return box === undefined || classIndex === undefined ? [] : [{ classIndex, ...box }];
  });
  return boxes.length > 0 ? boxes : undefined;
}

function boxShape({ left, top, right, bottom, unit }: Omit<Box, "classIndex">): RegionShape {
  const polygon = [left, top, right, top, right, bottom, left, bottom];
  return { kind: "polygons", polygons: [polygon], unit: unit ?? "pixels" };
}

/** The smallest box around polygons with at least one point. */
export function boxAround(
  polygons: readonly (readonly number[])[],
): Omit<Box, "classIndex"> | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const points of polygons) {
    for (let i = 0; i + 1 < points.length; i += 2) {
      left = Math.min(left, points[i]);
      right = Math.max(right, points[i]);
      top = Math.min(top, points[i + 1]);
      bottom = Math.max(bottom, points[i + 1]);
    }
  }
  return left < right && top < bottom ? { left, top, right, bottom } : undefined;
}
