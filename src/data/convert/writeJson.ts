/** JSON files of many entries, an entry a line, without ever holding all of the text. */

import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Writes an object of lists, or one list. */
export async function writeJson(
  path: string,
  data: Iterable<object> | Readonly<Record<string, Iterable<object>>>,
): Promise<void> {
  await pipeline(Readable.from(lines(data)), createWriteStream(path));
}

function* lines(
  data: Iterable<object> | Readonly<Record<string, Iterable<object>>>,
): Generator<string> {
  if (isList(data)) {
    yield* listLines(data);
    yield "\n";
    return;
  }
  let before = "{\n";
  for (const [key, items] of Object.entries(data)) {
    yield `${before}${JSON.stringify(key)}: `;
    yield* listLines(items);
    before = ",\n";
  }
  yield "\n}\n";
}

function* listLines(items: Iterable<object>): Generator<string> {
  let before = "[\n";
  for (const item of items) {
    yield `${before}${JSON.stringify(item)}`;
    before = ",\n";
  }
  yield before === "[\n" ? "[]" : "\n]";
}

function isList(data: object): data is Iterable<object> {
  return Symbol.iterator in data;
}
