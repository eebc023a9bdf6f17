/** Replacing a user's files so that it can be undone. */

import {
  appendFile,
  copyFile,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { dirname, isAbsolute, join, relative } from "node:path";
import { exists } from "../../exists.ts";
import { messageOf } from "../../messageOf.ts";
import { ProblemError } from "../problem.ts";
import type { FindingKind } from "./finding.ts";

/** One file that was replaced. */
export interface Change {
  readonly file: string;
  /** Where its original lies now. */
  readonly backup: string;
  /** What was found there. */
  readonly kinds: readonly FindingKind[];
  /** What was done about it, in the past tense, without a full stop. */
  readonly change: string;
}

/**
 * A folder beside a data set that keeps the originals: `files/` mirrors the data set's paths, and
 * `changes.jsonl` has a line for each file that was replaced.
 */
export class Backup {
  readonly folder: string;
  readonly #root: string;

  /** @param root  The data set's folder. */
  constructor(root: string) {
    this.#root = root;
    this.folder = `${root}-gain-check-backup`;
  }

  /**
   * Keeps the original and puts the new content in its place, in one step.
   *
   * @throws {DataError} When the folder or the file cannot be written; the file is as it was.
   */
  async replace(
    file: string,
    content: Uint8Array | string,
    { kinds, change }: Pick<Change, "kinds" | "change">,
  ): Promise<Change> {
    const temporary = `${file}.gain-check`;
    try {
      const done: Change = { file, backup: await this.#keep(file), kinds, change };
      const { mode } = await stat(file);
      await writeFile(temporary, content, { mode });
      await appendFile(join(this.folder, "changes.jsonl"), `${JSON.stringify(done)}\n`);
      await rename(temporary, file);
      return done;
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      const reason = `the file cannot be replaced (${messageOf(error)})`;
      throw new ProblemError(file, reason, "Make its folder writable, or check without --fix");
    }
  }

  /** An original of an earlier fix is not overwritten: a later one gets a number. */
  async #keep(file: string): Promise<string> {
    const below = relative(this.#root, file);
    const isInside = !below.startsWith("..") && !isAbsolute(below);
    const path = isInside
      ? join(this.folder, "files", below)
      : join(this.folder, "outside", file.replace(/^([a-z]):/i, "$1"));
    await mkdir(dirname(path), { recursive: true });
    const bytes = await readFile(file);
    for (let copy = 1; ; copy++) {
      const target = copy === 1 ? path : `${path}.${copy}`;
      if (!(await exists(target))) {
        await copyFile(file, target);
        return target;
      }
      if (bytes.equals(await readFile(target))) return target;
    }
  }
}
