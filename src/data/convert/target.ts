/** What a format's writer gets, and what it gives back. */

import type { Box, LabelMap, Sample } from "../types.ts";
import type { ConvertedObject } from "./objects.ts";

export const convertFormats = ["coco", "voc", "yolo", "label-studio", "table", "folders"] as const;

export type ConvertFormat = (typeof convertFormats)[number];

/** One picture of the data set, as it is planned. */
export interface Entry {
  readonly sample: Sample;
  /** Its file's name in the converted set, without extension; unique there, in lower case, too. */
  readonly name: string;
  /** The splits that it is in, of those that are written; at least one. */
  readonly splits: readonly string[];
}

export interface Plan {
  readonly classes: readonly string[];
  readonly entries: readonly Entry[];
  /** Names of the splits that are written. */
  readonly splits: readonly string[];
  /** Whether a picture has a mask, or has boxes as far as is known before their files are read. */
  readonly hasMasks: boolean;
  readonly hasBoxes: boolean;
  readonly labelStudio: LabelStudioOptions;
}

export interface LabelStudioOptions {
  /** Whether the labels are predictions that a person shall check, not annotations. */
  readonly predictions: boolean;
  /** What stands before the pictures' paths in the tasks. */
  readonly imagePrefix: string;
}

/** A picture as it is read, upright as its EXIF tag says. */
export interface ReadPicture extends Entry {
  /** Its copy, below the converted set's folder. */
  readonly file: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly mask?: LabelMap;
  /** In pixels. */
  readonly boxes?: readonly Box[];
  /** The objects of its mask, or of its boxes; see `objectsOf`. */
  readonly objects: readonly ConvertedObject[];
  /** Boxes without pixels of their own in the mask. */
  readonly boxesLeft: number;
}

/** What a format cannot hold of a picture; `lossTexts` says it in words. */
export type Loss =
  | "void"
  | "tagWithoutObject"
  | "objectWithoutTag"
  | "boxes"
  | "thinBox"
  | "overlap"
  | "touching"
  | "crowd";

/** What becomes of a picture in a format, kept until all are read. */
export interface Written<T> {
  readonly record: T;
  readonly objects: number;
  readonly losses: readonly Loss[];
}

/** Writes one format into a folder. Each picture's labels first, in any order, then `finish`. */
export interface Target<T> {
  /** Where a picture's copy goes, below the folder. */
  imagePath(entry: Entry, extension: string): string;
  add(picture: ReadPicture): Promise<Written<T>>;
  /** @param records  Of the pictures that could be read, in the plan's order. */
  finish(records: ReadonlyMap<Entry, T>): Promise<void>;
}

/** The classes of a picture's objects beside its tags, and its tags without an object. */
export function tagLosses(
  tags: readonly number[],
  objects: readonly { readonly classIndex: number }[],
): Loss[] {
  const shown = new Set(objects.map(({ classIndex }) => classIndex));
  return [
    ...(tags.some((tag) => !shown.has(tag)) ? (["tagWithoutObject"] as const) : []),
    ...([...shown].some((tag) => !tags.includes(tag)) ? (["objectWithoutTag"] as const) : []),
  ];
}
