/** One entry of a Label Studio result: a choice, or a region with its labels. */

import type { RegionShape } from "../types.ts";
import { type AnnotatedObject, boxAround } from "./annotated.ts";
import { isListOfNumbers, isRecord } from "./textFile.ts";

type Json = Readonly<Record<string, unknown>>;

type Fail = (rule: string, got: unknown) => never;

export interface LabelStudioRegion {
  /** Chosen for the whole picture. */
  readonly tags: readonly string[];
  readonly objects: readonly AnnotatedObject[];
  /** Of the picture, pixels. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
}

/**
 * What an entry says. Kinds that name no class (relations, texts, ratings, regions without a label)
 * say nothing; an object whose outline is not read (a keypoint, a bitmap), or that has several labels,
 * has neither outline nor box.
 */
export function labelStudioRegion(item: unknown, fail: Fail): LabelStudioRegion {
  if (!isRecord(item)) return fail("it must be an object", item);
  const { type, value, id, original_width: width, original_height: height } = item;
  if (typeof type !== "string" || !isRecord(value)) return { tags: [], objects: [] };
  const names = namesOf(value[type], type, fail);
  if (type === "choices" || names.length === 0) return { tags: names, objects: [] };
  const entry = `region ${typeof id === "string" ? id.slice(0, 60) : "without an id"}`;
  const size = isSide(width) && isSide(height) ? { width, height } : undefined;
  if (names.length > 1) {
    return { tags: [], objects: names.map((className) => ({ entry, className })), size };
  }
  const place = placeOf(value, size, fail);
  return { tags: [], objects: [{ entry, className: names[0], ...place }], size };
}

function namesOf(value: unknown, type: string, fail: Fail): string[] {
  if (!/^(choices|labels|[a-z]+labels)$/.test(type) || value === undefined) return [];
  const isNames = Array.isArray(value) && value.every((name) => typeof name === "string");
  if (!isNames) return fail(`${type} must be a list of texts`, value);
  return [...new Set(value.map((name) => name.trim()).filter((name) => name !== ""))];
}

function isSide(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

type Place = Pick<AnnotatedObject, "shape" | "box">;

/** Outline and box of a region; its numbers are percent of the picture's width and height. */
function placeOf(value: Json, size: LabelStudioRegion["size"], fail: Fail): Place {
  if (value.rle !== undefined) return brush(value, fail);
  if (value.points !== undefined) return polygon(value.points, fail);
  if (value.radiusX !== undefined) return ellipse(value, size, fail);
  if (value.width !== undefined && value.height !== undefined) return rectangle(value, size, fail);
  return {};
}

function brush({ rle, format }: Json, fail: Fail): Place {
  const isBytes =
    isListOfNumbers(rle) && rle.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
  if (!isBytes) return fail("rle must be a list of whole numbers from 0 to 255", rle);
  if (format !== undefined && format !== "rle") return fail('format must be "rle"', format);
  return { shape: { kind: "brushRle", rle: Uint8Array.from(rle) } };
}

function polygon(points: unknown, fail: Fail): Place {
  const isPoints =
    Array.isArray(points) && points.every((point) => isListOfNumbers(point) && point.length === 2);
  if (!isPoints) return fail("points must be a list of [x, y] in percent", points);
  return points.length < 3 ? {} : outline(points.flat(), fail);
}

/** A box, not an outline; turned about its first corner, the box around it. */
function rectangle(value: Json, size: LabelStudioRegion["size"], fail: Fail): Place {
  const [x, y, width, height, rotation] = numbersOf(
    value,
    ["x", "y", "width", "height", "rotation"],
    fail,
  );
  const corners = [0, 0, width, 0, width, height, 0, height];
  const points = turned(corners, rotation, size);
  return { box: points && outline(shifted(points, x, y), fail).box };
}

/** As a polygon of 72 corners. */
function ellipse(value: Json, size: LabelStudioRegion["size"], fail: Fail): Place {
  const [x, y, width, height, rotation] = numbersOf(
    value,
    ["x", "y", "radiusX", "radiusY", "rotation"],
    fail,
  );
  const corners = Array.from({ length: 72 }, (_, i) => (2 * Math.PI * i) / 72).flatMap((angle) => [
    width * Math.cos(angle),
    height * Math.sin(angle),
  ]);
  const points = turned(corners, rotation, size);
  return points === undefined ? {} : outline(shifted(points, x, y), fail);
}

/** The third and fourth are lengths; a fifth that is not there is 0. */
function numbersOf(value: Json, keys: readonly string[], fail: Fail): readonly number[] {
  return keys.map((key, i) => {
    const number = i === 4 ? (value[key] ?? 0) : value[key];
    const isRight =
      typeof number === "number" && Number.isFinite(number) && (i < 2 || i > 3 || number >= 0);
    return isRight
      ? number
      : fail(`${key} must be a number${i === 2 || i === 3 ? " of at least 0" : ""}`, number);
  });
}

/**
 * Points x, y, x, y, ... in percent, turned clockwise about 0, 0 by degrees; undefined if that takes
 * the picture's size, because it is done in pixels, and the size is not known.
 */
function turned(
  points: readonly number[],
  degrees: number,
  size: LabelStudioRegion["size"],
): readonly number[] | undefined {
  if (degrees === 0) return points;
  if (size === undefined) return undefined;
  const aspect = size.width / size.height;
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return points.map((value, i) =>
    i % 2 === 0
      ? value * cos - (points[i + 1] / aspect) * sin
      : points[i - 1] * aspect * sin + value * cos,
  );
}

function shifted(points: readonly number[], x: number, y: number): number[] {
  return points.map((value, i) => value + (i % 2 === 0 ? x : y));
}

/** @param points  x, y, x, y, ... in percent; no further outside than the picture is wide or high. */
function outline(points: readonly number[], fail: Fail): Place {
  const far = points.find((value) => !(value >= -100 && value <= 200));
  if (far !== undefined) {
    return fail("coordinates must be percent of the picture's width and height", far);
  }
  const shares = points.map((value) => value / 100);
  const box = boxAround([shares.map((value) => Math.min(Math.max(value, 0), 1))]);
  const shape: RegionShape = { kind: "polygons", polygons: [shares], unit: "share" };
  return { shape, box: box && { ...box, unit: "share" } };
}
