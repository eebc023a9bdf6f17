/** Objects that another tool's file describes, drawn as a mask. */

import { messageOf } from "../messageOf.ts";
import { pictureSize } from "./picture.ts";
import { ProblemError } from "./problem.ts";
import { decodeBrushRle } from "./regions/brushRle.ts";
import { decodeCocoRle } from "./regions/cocoRle.ts";
import { fillPolygonsInto } from "./regions/fillPolygon.ts";
import { type DrawnMask, ignoreLabel, type LabelMap, type Region } from "./types.ts";

type Size = Pick<LabelMap, "width" | "height">;

/**
 * The mask of a picture's objects, as large as the picture: outside is background, and of objects
 * that overlap the one with fewer pixels lies on top.
 *
 * @param maskLabels  Label of each region's value, 256 entries (`Dataset.maskLabels`).
 * @throws {DataError} When the picture cannot be read, has another size than the file states, or a
 *   region is malformed or lies far outside of it.
 */
export async function drawRegions(source: DrawnMask, maskLabels: Uint8Array): Promise<LabelMap> {
  const size = await sizeOf(source);
  const labels = new Uint8Array(size.width * size.height);
  // Pixels of the object that each pixel belongs to.
  const areas = new Uint32Array(labels.length).fill(noObject);
  for (const region of source.regions) {
    const label = maskLabels[region.value];
    const bits = bitsOf(source, region, size);
    if (region.isVoid) {
      if (label === 0) continue; // Of a class that was not chosen: background either way.
      for (let i = 0; i < labels.length; i++) {
        if (bits[i] !== 0 && areas[i] === noObject) labels[i] = ignoreLabel;
      }
      continue;
    }
    let area = 0;
    for (let i = 0; i < bits.length; i++) area += bits[i];
    for (let i = 0; i < labels.length; i++) {
      if (bits[i] === 0 || area > areas[i]) continue;
      labels[i] = label;
      areas[i] = area;
    }
  }
  return { ...size, labels };
}

const noObject = 0xffffffff;

/** Nothing is allocated for a size that only a file claims: the picture's own is the one drawn. */
async function sizeOf({ file, entry, image, width, height }: DrawnMask): Promise<Size> {
  const size = await pictureSize(image);
  if ((width ?? size.width) !== size.width || (height ?? size.height) !== size.height) {
    throw new ProblemError(
      file,
      `${entry} is of ${width}x${height} pixels, and the picture ${image} has ${size.width}x${size.height}`,
      "Give the picture that was annotated, or correct the size and the coordinates",
    );
  }
  return { width: size.width, height: size.height };
}

/** 1 at the region's pixels, [height, width]. */
function bitsOf(source: DrawnMask, region: Region, size: Size): Uint8Array {
  const fail = (reason: string): never => {
    throw new ProblemError(
      source.file,
      `${source.entry}, ${region.entry}: ${reason}`,
      "Correct the region, or take it out of the file",
    );
  };
  const { width, height } = size;
  const { shape } = region;
  try {
    if (shape.kind === "polygons") {
      const [x, y] = shape.unit === "share" ? [width, height] : [1, 1];
      const polygons = shape.polygons.map((points) =>
        points.map((value, i) => value * (i % 2 === 0 ? x : y)),
      );
      const far = farOutside(polygons, size);
      if (far !== undefined)
        fail(`the point (${far}) lies far outside the ${width}x${height} pixels`);
      const bits = new Uint8Array(width * height);
      fillPolygonsInto(bits, polygons, width, height);
      return bits;
    }
    if (shape.kind === "cocoRle") {
      const [rows, columns] = shape.size;
      if (rows !== height || columns !== width) {
        fail(`the run lengths are of ${columns}x${rows} pixels, not ${width}x${height}`);
      }
      return decodeCocoRle(shape);
    }
    // Before memory is taken for what the code promises.
    const [a, b, c, d] = shape.rle;
    const count = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    if (count !== 4 * width * height) {
      fail(`the brush RLE holds ${count} values, not 4 for each of ${width}x${height} pixels`);
    }
    const rgba = decodeBrushRle(shape.rle);
    const bits = new Uint8Array(width * height);
    for (let i = 0; i < bits.length; i++) bits[i] = rgba[4 * i + 3] > 0 ? 1 : 0;
    return bits;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return fail(messageOf(error).replace(/\.$/, ""));
  }
}

/** A point that is further outside than the picture is wide or high; a slip of the hand is clipped. */
function farOutside(
  polygons: readonly (readonly number[])[],
  { width, height }: Size,
): string | undefined {
  for (const points of polygons) {
    for (let i = 0; i + 1 < points.length; i += 2) {
      const [x, y] = [points[i], points[i + 1]];
      const isNear = x >= -width && x <= 2 * width && y >= -height && y <= 2 * height;
      if (!isNear) return `${x}, ${y}`; // NaN, too.
    }
  }
  return undefined;
}
