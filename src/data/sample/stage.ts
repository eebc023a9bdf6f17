/** Filling a folder beside its place and moving it there when it is whole. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") return ["(a file)"];
    throw error;
  });
  if (names.length === 0) return "free";
  const text = await readFile(join(directory, markFile), "utf8").catch(() => undefined);
  if (text === undefined || !text.startsWith(markStart)) return "foreign";
  return text === markText(mark) ? "same" : "other";
}

/**
 * Lets `fill` write into `DIRECTORY.partial` and renames that to `directory`, which is replaced.
 * When `fill` fails, nothing of it stays and `directory` is as it was.
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
  try {
    await removeSample(partial);
    await mkdir(partial, { recursive: true });
    await writeFile(join(partial, markFile), unfinished);
    await fill(partial);
    await writeFile(join(partial, markFile), markText(mark));
    await removeSample(directory);
    await rename(partial, directory);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw isSystemError(error)
      ? new DataError(
          `sample: ${directory} must be writable; got "${error.message}". ` +
            "Free some space or rights there, or name another folder.",
        )
      : error;
  }
}

/** Removes the folder, its mark last: what a killed run leaves is still known as ours. */
async function removeSample(directory: string): Promise<void> {
  const names = await readdir(directory).catch((): string[] => []);
  if (names.includes(markFile)) await writeFile(join(directory, markFile), unfinished);
  for (const name of names) {
    if (name !== markFile) await rm(join(directory, name), { recursive: true, force: true });
  }
  await rm(directory, { recursive: true, force: true });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function markText({ version, kind, images, seed, size }: SampleMark): string {
  return `${JSON.stringify({ guidedAttentionSample: version, kind, images, seed, size })}\n`;
}
