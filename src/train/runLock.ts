/** A file that says which process writes a run; one that a killed process left is taken over. */

import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { messageOf } from "../messageOf.ts";
import { tryParseJson } from "../tryParseJson.ts";
import { RunError } from "./checkpoint.ts";

interface Owner {
  readonly pid?: number;
  readonly host?: string;
}

/** Locks that this process holds: another with its number, from before a restart, is dead. */
const held = new Set<string>();

/**
 * Takes the lock. @returns  Releases it.
 *
 * @throws {RunError} When a living process holds it, or one on another machine.
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const owner: Owner = { pid: process.pid, host: hostname() };
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = await open(path, "wx");
      try {
        await handle.writeFile(JSON.stringify(owner));
      } finally {
        await handle.close();
      }
      held.add(path);
      return async () => {
        held.delete(path);
        await rm(path, { force: true });
      };
    } catch (error) {
      if (!isCode(error, "EEXIST")) {
        const reason = messageOf(error);
        throw new RunError(
          `${path}: cannot be written (${reason}). Make room, or choose another --out.`,
        );
      }
      await removeStaleLock(path);
    }
  }
  throw new RunError(`${path}: another process has just taken this run. Wait until it is done.`);
}

/** How long a lock may be empty: between its making and its writing. */
const graceMs = 5000;

async function removeStaleLock(path: string): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => "");
  const { pid, host } = parseOwner(text);
  if (host !== undefined && host !== hostname()) {
    throw new RunError(
      `${path}: process ${pid} on ${host} is writing this run. Wait until it is done; if it is not running, delete the file.`,
    );
  }
  const made = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  const isYoung = pid === undefined && Date.now() - made < graceMs;
  const isHeld = pid === process.pid ? held.has(path) : pid !== undefined && isAlive(pid);
  if (isYoung || isHeld) {
    throw new RunError(
      `${path}: process ${pid ?? "unknown"} is writing this run. Wait until it is done, or choose another --out.`,
    );
  }
  await removeIfUnchanged(path, text);
}

/** Another process may have taken the stale lock over meanwhile: then its lock is put back. */
async function removeIfUnchanged(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  if ((await readFile(aside, "utf8")) === text) await rm(aside, { force: true });
  else await rename(aside, path);
}

const parseOwner = (text: string): Owner => (tryParseJson(text) as Owner | undefined) ?? {};

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
