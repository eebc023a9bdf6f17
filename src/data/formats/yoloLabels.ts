/** The rows of one of YOLO's label files. */

import { ProblemError } from "../problem.ts";
import { type AnnotatedObject, boxAround } from "./annotated.ts";
import { shown } from "./textFile.ts";

/**
 * The objects of a picture: rows of a class and a box's centre, width and height, or of a class and
 * three or more points, all as shares of the picture's width and height.
 *
 * @param names  The classes by number.
 * @param options.hasKeypoints  Rows go on behind the box with points that are not read.
 * @throws {DataError} When a row is malformed, or a class or a coordinate is out of range.
 */
export function yoloObjects(
  file: string,
  text: string,
  names: readonly string[],
  { hasKeypoints }: { readonly hasKeypoints: boolean },
): AnnotatedObject[] {
  const objects: AnnotatedObject[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const [first = "", ...rest] = line.trim().split(/\s+/);
    if (first === "") continue;
    const words = hasKeypoints ? rest.slice(0, 4) : rest;
    const entry = `line ${i + 1}`;
    const fail = (rule: string, got: string, fix = "Correct the line"): never => {
      throw new ProblemError(file, `${entry} ${rule}; got ${got}`, fix);
    };
    const className = names[numberOf(first)];
    if (className === undefined) {
      fail(
        `must begin with a class from 0 to ${names.length - 1}`,
        shown(first),
        "Correct the line, or name the class",
      );
    }
    const wrong = words.find((word) => !isShare(numberOf(word)));
    if (wrong !== undefined) {
      fail(
        "must hold shares of the picture's width and height, from 0 to 1",
        shown(wrong),
        "Divide pixels by the picture's width and height",
      );
    }
    const values = words.map((word) => Math.min(Math.max(numberOf(word), 0), 1));
    if (words.length === 4) {
      objects.push({ entry, className, box: boxOf(values) });
    } else if (words.length >= 6 && words.length % 2 === 0) {
      const polygons = [values];
      const around = boxAround(polygons);
      objects.push({
        ...{ entry, className, shape: { kind: "polygons", polygons, unit: "share" } },
        box: around && { ...around, unit: "share" },
      });
    } else {
      fail(
        "must hold a class and a box's centre, width and height, or a class and at least three points",
        `${rest.length + 1} numbers`,
      );
    }
  }
  return objects;
}

function boxOf([x, y, width, height]: readonly number[]): AnnotatedObject["box"] {
  const [left, right] = [x - width / 2, x + width / 2].map((side) =>
    Math.min(Math.max(side, 0), 1),
  );
  const [top, bottom] = [y - height / 2, y + height / 2].map((side) =>
    Math.min(Math.max(side, 0), 1),
  );
  return left < right && top < bottom ? { left, top, right, bottom, unit: "share" } : undefined;
}

/** As written, for a tool's rounding lies a little outside at times. */
function isShare(value: number): boolean {
  return value >= -0.01 && value <= 1.01;
}

/** NaN for what is no decimal number. */
function numberOf(word: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? Number(word) : Number.NaN;
}
