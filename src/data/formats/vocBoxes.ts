/** VOC's boxes: `Annotations/<id>.xml`, which LabelImg writes, too. */

import { XMLParser } from "fast-xml-parser";
import { messageOf } from "../../messageOf.ts";
import { ProblemError } from "../problem.ts";
import type { Box, BoxFile } from "../types.ts";
import { isRecord, readTextFile, shown } from "./textFile.ts";

/**
 * The boxes of a file in its order, in pixels. VOC counts pixels from 1 and includes the last one, so
 * left = xmin − 1 and right = xmax. Objects marked difficult count as absent, as tags do; classes that
 * were not chosen, and the parts of persons, are not read.
 *
 * @throws {DataError} When the file cannot be read, or is malformed.
 */
export async function readVocBoxes({ file, classes }: BoxFile): Promise<readonly Box[]> {
  return vocBoxes(file, await readTextFile(file), classes);
}

function vocBoxes(file: string, text: string, classes: readonly string[]): Box[] {
  const objects = objectsOf(file, text);
  return objects.flatMap((object, i): Box[] => {
    const fail = (rule: string, value: unknown): never => {
      throw new ProblemError(file, `object ${i + 1}, ${rule}; got ${shown(value)}`, fix);
    };
    if (!isRecord(object)) return fail("which must have a name and a bndbox, has none", object);
    const { name, difficult = "0", bndbox } = object;
    if (typeof name !== "string") return fail("name must be a text", name);
    if (difficult !== "0" && difficult !== "1") return fail("difficult must be 0 or 1", difficult);
    if (!isRecord(bndbox)) return fail("bndbox must hold the sides of a box", bndbox);
    const side = (key: string): number => {
      const value = bndbox[key];
      // VOC 2011 has boxes with fractions.
      const isNumber = typeof value === "string" && /^-?\d+(\.\d*)?$/.test(value);
      return isNumber && Number.isFinite(Number(value))
        ? Number(value)
        : fail(`${key} must be a number of pixels`, value);
    };
    const [left, top, right, bottom] = ["xmin", "ymin", "xmax", "ymax"].map(side);
    if (left > right || right < 1) fail("xmax must not be less than xmin or 1", bndbox.xmax);
    if (top > bottom || bottom < 1) fail("ymax must not be less than ymin or 1", bndbox.ymax);
    const classIndex = classes.indexOf(name);
    if (difficult === "1" || classIndex < 0) return [];
    return [{ classIndex, left: Math.max(left - 1, 0), top: Math.max(top - 1, 0), right, bottom }];
  });
}

const fix = "Correct the file, or take it away";

const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === "object" });

function objectsOf(file: string, text: string): readonly unknown[] {
  // The parser forgives a file that is cut short.
  if (!/<\/annotation>\s*$/.test(text)) {
    throw new ProblemError(file, 'this is no annotation: it does not end in "</annotation>"', fix);
  }
  let data: unknown;
  try {
    data = parser.parse(text);
  } catch (error) {
    const detail = messageOf(error).replace(/\s+/g, " ").replace(/\.$/, "");
    throw new ProblemError(file, `this is not XML (${detail})`, fix);
  }
  const annotation = isRecord(data) ? data.annotation : undefined;
  if (!isRecord(annotation)) {
    throw new ProblemError(file, `it must hold one annotation; got ${shown(annotation)}`, fix);
  }
  return Array.isArray(annotation.object) ? annotation.object : [];
}
