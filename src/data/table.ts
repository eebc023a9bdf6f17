/** A CSV or JSON file that lists pictures and their tags. */

import { readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { chooseClasses, maskLabelsOf, resolveClasses } from "./classes.ts";
import type { DatasetOptions } from "./datasetOptions.ts";
import { findMasks } from "./files.ts";
import { idsBelow } from "./ids.ts";
import { ProblemError } from "./problem.ts";
import { completeSplits } from "./splits.ts";
import type { Dataset, Sample } from "./types.ts";

/**
 * Reads rows of `image`, `tags`, and optionally `mask`, `split` and (JSON) `boxes`; paths are
 * relative to the table. In CSV, tags are separated by "," ";" or "|". Classes are all tags, sorted
 * by name, unless `classes.txt` beside the table lists them; class i has the mask value i + 1.
 *
 * @throws {DataError} When the table is malformed, or a class is unknown.
 */
export async function readTable(path: string, options: DatasetOptions): Promise<Dataset> {
  const root = dirname(path);
  const text = await readFile(path, "utf8");
  const isJson = extname(path).toLowerCase() === ".json";
  const rows = checkRows(path, isJson ? parseJson(path, text) : parseCsv(path, text));

  const found = new Map<string, string>();
  for (const row of rows) for (const tag of tagsOf(row)) found.set(tag, path);
  const names = await resolveClasses(root, found);
  const classes = chooseClasses(path, names, options.classes);

  const images = rows.map((row) => resolve(root, row.image));
  const ids = idsBelow(path, root, images);
  requireUnique(path, ids, rows);
  const masks = options.masks === undefined ? undefined : await findMasks(options.masks, ids);
  const splits = new Map<string, Sample[]>();
  for (const [i, row] of rows.entries()) {
    const own = row.mask === undefined ? undefined : resolve(root, row.mask);
    const mask = masks === undefined ? own : masks.get(ids[i]);
    const boxes = row.boxes?.flatMap(({ tag, ...sides }) => {
      const classIndex = classes.indexOf(tag);
      return classIndex < 0 ? [] : [{ classIndex, ...sides }];
    });
    const members = splits.get(row.split) ?? [];
    members.push({
      id: ids[i],
      image: images[i],
      tags: classes.flatMap((name, index) => (tagsOf(row).includes(name) ? [index] : [])),
      ...(mask && { mask }),
      ...(boxes && { boxes }),
    });
    splits.set(row.split, members);
  }
  const maskLabels = maskLabelsOf(names, classes);
  return { root, format: "table", classes, maskLabels, splits: completeSplits(splits) };
}

const tagSchema = z.string().trim().min(1);

const boxSchema = z
  .object({
    tag: tagSchema,
    left: z.number().min(0),
    top: z.number().min(0),
    right: z.number(),
    bottom: z.number(),
  })
  .refine(({ left, right }) => left < right, { message: "left must be less than right" })
  .refine(({ top, bottom }) => top < bottom, { message: "top must be less than bottom" });

const rowSchema = z.object({
  image: z.string().min(1),
  tags: z.array(tagSchema),
  mask: z.string().min(1).optional(),
  boxes: z.array(boxSchema).optional(),
  split: z.string().min(1).default("train"),
});

type Row = z.infer<typeof rowSchema>;

/** The boxes' tags are tags of the picture. */
function tagsOf(row: Row): string[] {
  return [...row.tags, ...(row.boxes ?? []).map(({ tag }) => tag)];
}

function checkRows(path: string, data: unknown): Row[] {
  const result = z.array(rowSchema).min(1).safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const [index, ...field] = issue.path;
  const row = typeof index === "number" ? `row ${index + 1}` : "the table";
  const name = field.length > 0 ? `, ${field.join(".")}` : "";
  throw new ProblemError(
    path,
    `${row}${name}: ${issue.message}`,
    "Give each row an image and its tags, and optionally mask, split and (JSON) boxes",
  );
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError(path, `this is not JSON (${detailOf(error)})`, "Correct the file");
  }
}

/** Rows as they would stand in JSON; empty cells are left out. */
function parseCsv(path: string, text: string): unknown {
  let rows: Record<string, string>[];
  try {
    rows = parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw new ProblemError(path, `this is not CSV (${detailOf(error)})`, "Correct the file");
  }
  return rows.map((row) => ({
    ...Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== "")),
    ...("tags" in row && {
      tags: row.tags
        .split(/[,;|]/)
        .map((tag) => tag.trim())
        .filter((tag) => tag !== ""),
    }),
  }));
}

function requireUnique(path: string, ids: readonly string[], rows: readonly Row[]): void {
  const seen = new Map<string, number>();
  for (const [i, id] of ids.entries()) {
    const first = seen.get(id);
    if (first !== undefined) {
      throw new ProblemError(
        path,
        `rows ${first + 1} and ${i + 1} name the same picture, ${rows[i].image}`,
        "Put all tags of a picture into one row",
      );
    }
    seen.set(id, i);
  }
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
}
