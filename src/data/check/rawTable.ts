/** A CSV or JSON table as its text has it: what `readTable` trims and fills in is still there. */

import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { parse } from "csv-parse/sync";
import { tryParseJson } from "../../tryParseJson.ts";

export interface RawTable {
  readonly rows: readonly RawRow[];
  /** The table's text with the tags of some rows replaced, and some rows left out. */
  edited(edit: (row: RawRow, index: number) => RawRow | undefined): string;
}

export interface RawRow {
  readonly image: string;
  /** Of JSON as a list, of CSV the cell. */
  readonly tags: readonly string[] | string;
  /** From 1. */
  readonly line: number;
}

/** Undefined for a table that `readTable` does not read either, or another tool's JSON. */
export async function readRawTable(path: string): Promise<RawTable | undefined> {
  const text = await readFile(path, "utf8");
  return extname(path).toLowerCase() === ".json" ? rawJson(text) : rawCsv(text);
}

function rawCsv(text: string): RawTable | undefined {
  const records = parse(text, { bom: true, info: true, relax_column_count: true }) as unknown as {
    readonly record: readonly string[];
    readonly info: { readonly lines: number };
  }[];
  const [header, ...body] = records;
  const titles = header.record.map((title) => title.trim());
  const [image, tags] = [titles.indexOf("image"), titles.indexOf("tags")];
  if (image < 0 || tags < 0) return undefined;
  const filled = body.filter(({ record }) => record.some((cell) => cell.trim() !== ""));
  const rows = filled.map(
    ({ record, info }): RawRow => ({
      image: (record[image] ?? "").trim(),
      tags: record[tags] ?? "",
      line: info.lines,
    }),
  );
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const bom = text.startsWith("\ufeff") ? "\ufeff" : "";
  return {
    rows,
    edited: (edit) => {
      const kept = rows.flatMap((row, i) => {
        const edited = edit(row, i);
        if (edited === undefined) return [];
        return [filled[i].record.map((cell, c) => (c === tags ? String(edited.tags) : cell))];
      });
      const lines = [header.record, ...kept].map((record) => record.map(csvCell).join(","));
      return `${bom}${lines.join(end)}${end}`;
    },
  };
}

const csvCell = (text: string): string =>
  /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function rawJson(text: string): RawTable | undefined {
  const data = tryParseJson(text.replace(/^\ufeff/, ""));
  if (!Array.isArray(data)) return undefined;
  const entries: readonly Record<string, unknown>[] = data;
  let searched = 0;
  const rows = entries.map(({ image, tags }): RawRow => {
    const found = text.indexOf(JSON.stringify(image), searched);
    if (found >= 0) searched = found + 1;
    return {
      image: String(image),
      tags: Array.isArray(tags) ? tags.map(String) : [],
      line: text.slice(0, searched).split("\n").length,
    };
  });
  const indent = /^[[{]\s*?\n?([ \t]*)[[{"]/.exec(text)?.[1] ?? "";
  return {
    rows,
    edited: (edit) => {
      const kept = rows.flatMap((row, i) => {
        const edited = edit(row, i);
        return edited === undefined ? [] : [withTrimmedBoxes({ ...entries[i], tags: edited.tags })];
      });
      return `${JSON.stringify(kept, null, indent)}\n`;
    },
  };
}

/** Boxes have tags, too. */
function withTrimmedBoxes(entry: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { boxes } = entry;
  if (!Array.isArray(boxes)) return entry;
  const trimmed = boxes.map((box: Record<string, unknown>) =>
    typeof box.tag === "string" ? { ...box, tag: box.tag.trim() } : box,
  );
  return { ...entry, boxes: trimmed };
}

/** Tags without the spaces around them; those behind a separator are how lists are written. */
export function trimmedTags(tags: RawRow["tags"]): RawRow["tags"] {
  return typeof tags === "string"
    ? tags.trim().replace(/\s+(?=[,;|])/g, "")
    : tags.map((tag) => tag.trim());
}
