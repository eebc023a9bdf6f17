/** Files of other tools as text and JSON, and how to speak of what is wrong in them. */

import { constants } from "node:buffer";
import { readFile } from "node:fs/promises";
import { messageOf } from "../../messageOf.ts";
import { ProblemError } from "../problem.ts";

/**
 * A file's text, without a byte order mark.
 *
 * @throws {DataError} When it cannot be read, is no UTF-8, or is longer than a text can be.
 */
export async function readTextFile(file: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new ProblemError(file, `it cannot be read (${messageOf(error)})`, "Check the file");
  }
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    throw new ProblemError(
      file,
      `it has ${bytes.length} bytes, and at most ${constants.MAX_STRING_LENGTH} can be read`,
      "Split it into several files",
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ProblemError(file, "this is no text in UTF-8", "Save it as UTF-8");
  }
}

/** @throws {DataError} When the file cannot be read or is not JSON. */
export async function readJsonFile(file: string): Promise<unknown> {
  const text = await readTextFile(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = messageOf(error).replace(/\.$/, "").replace(/\s+/g, " ");
    throw new ProblemError(file, `this is not JSON (${detail})`, "Correct the file");
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isListOfNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

/** A value for an error, short whatever it is: "cat", 1.5, a list of 3, an object, nothing. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
