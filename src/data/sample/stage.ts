/** The folder of a sample: what it holds, and how it is replaced. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { namesIfAny, stageFolder } from "../stageFolder.ts";
import { DataError } from "../types.ts";
import type { SampleKind } from "./kinds.ts";

/** What marks a folder as a sample, and says which one. */
export interface SampleMark {
  readonly version: number;
  readonly kind: SampleKind;
  readonly images: number;
  readonly seed: number;
  readonly size: number;
}

const markFile = "sample.json";
const markStart = '{"guidedAttentionSample":';

/** The mark of a sample that is being written or removed: ours, and equal to no other mark. */
const unfinished = `${markStart}"unfinished"}\n`;

/** How a folder stands to a sample: absent or empty, the same, another one, or something else. */
export type Standing = "free" | "same" | "other" | "foreign";

export async function standingOf(directory: string, mark: SampleMark): Promise<Standing> {
  if ((await namesIfAny(directory)).length === 0) return "free";
  const text = await readFile(join(directory, markFile), "utf8").catch(() => undefined);
  if (text === undefined || !text.startsWith(markStart)) return "foreign";
  return text === markText(mark) ? "same" : "other";
}

/**
 * See `stageFolder`.
 *
 * @throws {DataError} When `DIRECTORY.partial` holds something that is not a sample.
 */
export async function stage(
  directory: string,
  mark: SampleMark,
  fill: (partial: string) => Promise<void>,
): Promise<void> {
  const partial = `${directory}.partial`;
  if ((await standingOf(partial, mark)) === "foreign") {
    throw new DataError(
      `sample: ${partial} must be free for unfinished files; it holds files of something else. ` +
        "Move it away.",
    );
  }
  const unwritable = (message: string): Error =>
    new DataError(
      `sample: ${directory} must be writable; got "${message}". ` +
        "Free some space or rights there, or name another folder.",
    );
  const marks = { file: markFile, unfinished, finished: markText(mark) };
  await stageFolder(directory, { mark: marks, unwritable }, fill);
}

function markText({ version, kind, images, seed, size }: SampleMark): string {
  return `${JSON.stringify({ guidedAttentionSample: version, kind, images, seed, size })}\n`;
}
