/** What a data set is, whatever form it has on the disk. */

export type { Preprocessing } from "../nn/index.ts";

/** An error in the user's data: names the file, the rule and the cure. */
export class DataError extends Error {
  override name = "DataError";
}

/** A rectangle of the upright picture; `right` and `bottom` are exclusive. */
export interface Box {
  /** Index into `Dataset.classes`. */
  readonly classIndex: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Pixels unless stated; "share": 0 to 1 of the picture's width and height (see `pixelBoxes`). */
  readonly unit?: "share";
}

/** Where boxes come from: they are known, or a file of VOC's describes them (see `readBoxes`). */
export type BoxSource = readonly Box[] | BoxFile;

/** `Annotations/<id>.xml`, read only when its boxes are needed; it may turn out to hold none. */
export interface BoxFile {
  readonly file: string;
  /** `Dataset.classes`: other objects are not read. */
  readonly classes: readonly string[];
}

/** Where a mask comes from: the path of a PNG, or regions that another tool's file describes. */
export type MaskSource = string | DrawnMask;

/** Objects of one picture, drawn as a mask only when it is needed (see `decodeMask`). */
export interface DrawnMask {
  /** The file that describes them, and which of its entries, for errors: "a.json", "image 17". */
  readonly file: string;
  readonly entry: string;
  /** The picture; its header gives the size of the mask. */
  readonly image: string;
  /** Its size as the file states it, pixels; another size than the picture's is an error. */
  readonly width?: number;
  readonly height?: number;
  readonly regions: readonly Region[];
}

/** One object, or with `isVoid` an area about which only this is known: such objects lie in it. */
export interface Region {
  /** Which entry of the file, for errors: "annotation 42", "line 3". */
  readonly entry: string;
  /** Its pixels' value in a mask, i + 1 of all classes of the data set; see `Dataset.maskLabels`. */
  readonly value: number;
  /** A crowd, or an object of which only a box is known: its pixels are void, beneath all others. */
  readonly isVoid?: true;
  readonly shape: RegionShape;
}

export type RegionShape =
  | {
      readonly kind: "polygons";
      /** x, y, x, y, ... of each part; filled by COCO's rule, and united. */
      readonly polygons: readonly (readonly number[])[];
      /** Pixels, or 0 to 1 of the picture's width and height. */
      readonly unit: "pixels" | "share";
    }
  | {
      readonly kind: "cocoRle";
      /** Height and width. */
      readonly size: readonly [number, number];
      /** Lengths of runs down the columns, or COCO's compressed text of them. */
      readonly counts: string | readonly number[];
    }
  | {
      /** Label Studio's brush: run lengths of RGBA bytes, row by row. */
      readonly kind: "brushRle";
      readonly rle: Uint8Array;
    };

/** One picture with its tags. Paths are absolute. */
export interface Sample {
  /** Unique in its data set: the file's name without extension, or its path below the root. */
  readonly id: string;
  readonly image: string;
  /** Indices into `Dataset.classes`, ascending. */
  readonly tags: readonly number[];
  /** An indexed or grey PNG of class labels, or objects to draw as one, if there is either. */
  readonly mask?: MaskSource;
  readonly boxes?: BoxSource;
}

export type DatasetFormat = "voc" | "folders" | "table" | "coco" | "yolo" | "label-studio";

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

/** Labels, [height, width]: 0 background, i + 1 class i, 255 void. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  readonly labels: Uint8Array;
}

/** Label of void pixels in masks. */
export const ignoreLabel = 255;
