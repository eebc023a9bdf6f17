/** Runs the compiled command line. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Outcome {
  /** Exit status; `null` when a signal ended the process. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** In place of the user's own: what was measured there must not decide what tests compute. */
export const cacheFolder: string = mkdtempSync(join(tmpdir(), "gain-cache-"));

/**
 * @param onOutput  Called with all of stdout so far whenever there is more.
 * @param onStart   Called once the process is there.
 */
export function gain(
  args: readonly string[],
  onOutput?: (stdout: string, child: ChildProcess) => void,
  onStart?: (child: ChildProcess) => void,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, XDG_CACHE_HOME: cacheFolder },
    });
    onStart?.(child);
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
      onOutput?.(stdout, child);
    });
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

/** The lines of stdout as JSON values. */
export const jsonLines = ({ stdout }: Outcome): Record<string, unknown>[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
