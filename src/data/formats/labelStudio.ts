/** Label Studio's export "JSON": a list of tasks with their annotations. */

import { basename, dirname, resolve } from "node:path";
import type { DatasetOptions } from "../datasetOptions.ts";
import { isPicture } from "../files.ts";
import { ProblemError } from "../problem.ts";
import type { Dataset } from "../types.ts";
import { type AnnotatedPicture, datasetOf } from "./annotated.ts";
import { labelStudioRegion } from "./labelStudioRegion.ts";
import { PictureFinder } from "./pictureFinder.ts";
import { isRecord, shown } from "./textFile.ts";

type Json = Readonly<Record<string, unknown>>;

/** Whether parsed JSON is Label Studio's: a list of tasks. */
export function isLabelStudio(data: unknown): boolean {
  return (
    Array.isArray(data) &&
    data.some(
      (task) =>
        isRecord(task) && isRecord(task.data) && ("annotations" in task || "predictions" in task),
    )
  );
}

/** Whether it is Label Studio's JSON-MIN, which does not say which of its texts are classes. */
export function isLabelStudioMin(data: unknown): boolean {
  return (
    Array.isArray(data) &&
    data.some((row) => isRecord(row) && "annotation_id" in row && "annotator" in row)
  );
}

/**
 * Reads tasks: choices are tags; rectangles, polygons, ellipses and brushes are objects, their labels
 * tags. Of a task's annotations the newest that was not cancelled counts; where there is none at all,
 * its newest prediction. Tasks that nobody, or only a cancelled annotation, has labelled are left out:
 * nothing is known about them. Coordinates are of the upright picture, unrotated in the editor.
 *
 * A task's split is the text `data.split`, which `gain convert` writes and Label Studio's exports keep;
 * tasks without one are in "train".
 *
 * Pictures are looked for below the file's folder by what the task calls them: the path behind
 * `/data/local-files/?d=`, or the name of an upload or a URL, with and without the 8 digits that Label
 * Studio puts before it.
 *
 * @param data  The parsed file.
 * @throws {DataError} When a task is malformed, or none is labelled.
 */
export async function readLabelStudio(
  file: string,
  options: DatasetOptions,
  data: unknown,
): Promise<Dataset> {
  const root = dirname(file);
  const finder = new PictureFinder(root);
  const classes = new Map<string, string>();
  const pictures: AnnotatedPicture[] = [];
  for (const [i, task] of (Array.isArray(data) ? data : []).entries()) {
    const fail = (rule: string, got: unknown): never => {
      throw new ProblemError(file, `task ${i + 1}${idOf(task)}, ${rule}; got ${shown(got)}`, fix);
    };
    if (!isRecord(task)) return fail("which must be an object, is none", task);
    const result = resultOf(task, fail);
    if (result === undefined) continue;
    const entry = `task ${i + 1}${idOf(task)}`;
    const regions = result.map((item, n) =>
      labelStudioRegion(item, (rule, got) => fail(`result ${n + 1}${idOf(item)}: ${rule}`, got)),
    );
    const objects = regions.flatMap(({ objects }) => objects);
    const tags = regions.flatMap(({ tags }) => tags);
    for (const name of [...tags, ...objects.map(({ className }) => className)]) {
      classes.set(name, file);
    }
    const image = await finder.find(candidates(root, pictureOf(task, fail)));
    const size = regions.find(({ size }) => size !== undefined)?.size;
    pictures.push({ split: splitOf(task), image, file, entry, ...size, tags, objects });
  }
  if (pictures.length === 0) {
    throw new ProblemError(
      file,
      "no task has an annotation or a prediction",
      "Label some, and export again",
    );
  }
  return datasetOf({ root, format: "label-studio", classes, isOrdered: false, pictures }, options);
}

const fix = 'Correct the file, or export it again as "JSON"';

type Fail = (rule: string, got: unknown) => never;

function idOf(value: unknown): string {
  const id = isRecord(value) ? value.id : undefined;
  return typeof id === "number" || typeof id === "string" ? ` (id ${String(id).slice(0, 60)})` : "";
}

function splitOf({ data }: Json): string {
  const split = isRecord(data) ? data.split : undefined;
  return typeof split === "string" && split.trim() !== "" ? split : "train";
}

/** The regions and choices that count; undefined if nothing is known about the task. */
function resultOf(task: Json, fail: Fail): readonly unknown[] | undefined {
  const annotations = listOf(task.annotations, "annotations", fail);
  const made = annotations.length > 0 ? annotations : listOf(task.predictions, "predictions", fail);
  const valid = made.filter(({ was_cancelled, cancelled }) => !was_cancelled && !cancelled);
  const newest = valid.reduce<Json | undefined>(
    (best, item) => (best !== undefined && timeOf(item) < timeOf(best) ? best : item),
    undefined,
  );
  if (newest === undefined) return undefined;
  const { result } = newest;
  return Array.isArray(result) ? result : fail("result must be a list", result);
}

function listOf(value: unknown, name: string, fail: Fail): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return fail(`${name} must be a list`, value);
  // Predictions may be exported as their ids only.
  return value.filter(isRecord);
}

/** Milliseconds; 0 where no time is given, so that the last in the file is the newest. */
function timeOf({ updated_at: updated, created_at: created }: Json): number {
  const time = updated ?? created;
  return typeof time === "string" ? Date.parse(time) || 0 : 0;
}

/** The task's data field that names a picture; "image" before others. */
function pictureOf({ data }: Json, fail: Fail): string {
  const fields = isRecord(data) ? Object.entries(data) : fail("data must be an object", data);
  const named = fields.filter(
    (field): field is [string, string] =>
      typeof field[1] === "string" && isPicture(nameOf(field[1])),
  );
  const [, value] = named.find(([key]) => key === "image") ?? named[0] ?? [];
  if (value !== undefined && !value.includes("\0")) return value;
  return fail(
    "data must name a picture",
    fields.map(([key, text]) => `${key}: ${shown(text)}`).join(", ") || undefined,
  );
}

/** The path in a URL, or behind Label Studio's "?d=", decoded where it is encoded well. */
function pathOf(address: string): string {
  const [, local] = /\/data\/local-files\/?\?d=([^&]*)/.exec(address) ?? [];
  const path = local ?? address.replace(/^[a-z0-9+.-]+:\/\/[^/]*\//i, "").replace(/[?#].*$/s, "");
  try {
    return decodeURIComponent(path).replaceAll("\\", "/");
  } catch {
    return path.replaceAll("\\", "/");
  }
}

function nameOf(address: string): string {
  return basename(pathOf(address));
}

function candidates(root: string, address: string): [string, ...string[]] {
  const path = pathOf(address).replace(/^\/+/, "");
  const name = basename(path);
  const bare = name.replace(/^[0-9a-f]{8}-/, "");
  const others = [path.replace(/^data\//, ""), name, `images/${name}`, bare, `images/${bare}`];
  return [resolve(root, path), ...others.map((place) => resolve(root, place))];
}
