/** Where the objects of a picture are, as its mask or its boxes tell, at the network's input size. */
import { pixelBoxes } from "../../data/boxes.ts";
import { type Box, ignoreLabel } from "../../data/types.ts";
import { componentBoxes, type Rectangle } from "./components.ts";

/** The objects of one class in a picture, at S x S. */
export interface Objects {
  /** 1 on objects, 0 elsewhere, 255 where it is not known, [S, S]. */
  readonly region: Uint8Array;
  /** One for each object, or for each connected part where only a mask is known. */
  readonly boxes: readonly Rectangle[];
  /** Of the picture as it is, pixels. */
  readonly original: { readonly width: number; readonly height: number };
}

export interface PictureTruth {
  /** Labels, [S, S]: 0 background, i + 1 class i, 255 void. */
  readonly mask?: Uint8Array | undefined;
  readonly boxes?: readonly Box[] | undefined;
  readonly size: number;
  readonly original: { readonly width: number; readonly height: number };
}

/**
 * The objects of a class: regions are those of the mask where there is one, else the boxes' areas;
 * boxes are the picture's own, else those around the mask's connected parts.
 *
 * @returns  Undefined where neither shows one.
 */
export function objectsOf(
  classIndex: number,
  { mask, boxes = [], size, original }: PictureTruth,
): Objects | undefined {
  const own = boxes.filter((box) => box.classIndex === classIndex);
  const scaled = pixelBoxes(own, original).map((box) => scaledBox(box, original, size));
  const region = mask === undefined ? drawn(scaled, size) : regionOf(classIndex + 1, mask);
  if (!region.includes(1)) return undefined;
  return { region, boxes: scaled.length > 0 ? scaled : componentBoxes(region, size), original };
}

const regionOf = (label: number, mask: Uint8Array): Uint8Array =>
  mask.map((value) => (value === label ? 1 : value === ignoreLabel ? ignoreLabel : 0));

function scaledBox(
  { left, top, right, bottom }: Rectangle,
  { width, height }: { readonly width: number; readonly height: number },
  size: number,
): Rectangle {
  const [x, y] = [size / width, size / height];
  return { left: left * x, top: top * y, right: right * x, bottom: bottom * y };
}

/** 1 on pixels whose centre lies in a box; a box has one pixel at least. */
function drawn(boxes: readonly Rectangle[], size: number): Uint8Array {
  const region = new Uint8Array(size * size);
  const span = (from: number, to: number): readonly [number, number] => {
    const first = Math.min(Math.max(Math.ceil(from - 0.5), 0), size - 1);
    return [first, Math.min(Math.max(Math.ceil(to - 0.5), first + 1), size)];
  };
  for (const { left, top, right, bottom } of boxes) {
    const [firstColumn, endColumn] = span(left, right);
    const [firstRow, endRow] = span(top, bottom);
    for (let y = firstRow; y < endRow; y++) {
      region.fill(1, y * size + firstColumn, y * size + endColumn);
    }
  }
  return region;
}
