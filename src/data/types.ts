/** What a data set is, whatever form it has on the disk. */

export type { Preprocessing } from "../nn/index.ts";

/** An error in the user's data: names the file, the rule and the cure. */
export class DataError extends Error {
  override name = "DataError";
}

/** A rectangle in pixels of the picture; `right` and `bottom` are exclusive. */
export interface Box {
  /** Index into `Dataset.classes`. */
  readonly classIndex: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** One picture with its tags. Paths are absolute. */
export interface Sample {
  /** Unique in its data set: the file's name without extension, or its path below the root. */
  readonly id: string;
  readonly image: string;
  /** Indices into `Dataset.classes`, ascending. */
  readonly tags: readonly number[];
  /** An indexed or grey PNG of class labels, if there is one. */
  readonly mask?: string;
  readonly boxes?: readonly Box[];
}

export type DatasetFormat = "voc" | "folders" | "table";

export interface Dataset {
  readonly root: string;
  readonly format: DatasetFormat;
  readonly classes: readonly string[];
  /**
   * What a mask's pixel values mean, 256 entries: 0 is background, i + 1 is `classes[i]`,
   * 255 is void (not counted, not supervised).
   */
  readonly maskLabels: Uint8Array;
  /** By split name; "train" is always there, "val" where the data set has or allows one. */
  readonly splits: Readonly<Record<string, readonly Sample[]>>;
}

/** Label of void pixels in masks. */
export const ignoreLabel = 255;
