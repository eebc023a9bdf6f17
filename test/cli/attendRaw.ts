/** What `gain attend` tells of a picture. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gain, jsonLines } from "./gain.ts";

export interface RawAttention {
  readonly probability: number;
  /** [h, w]. */
  readonly map: Float32Array;
}

/** Bytes before the values of the small arrays that the command writes. */
const npyHeader = 128;

/** Runs `gain attend --raw --json` for each class. @returns  By class. */
export async function attendRaw(
  run: string,
  picture: string,
  classes: readonly string[],
): Promise<RawAttention[]> {
  const results: RawAttention[] = [];
  for (const name of classes) {
    const out = join(run, "attention");
    const outcome = await gain([
      ...["attend", run, picture, "--out", out, "--class", name, "--raw", "--json"],
    ]);
    if (outcome.status !== 0) throw new Error(outcome.stderr);
    const [{ probability, raw }] = jsonLines(outcome);
    const { buffer } = Uint8Array.from(await readFile(String(raw)));
    results.push({ probability: Number(probability), map: new Float32Array(buffer, npyHeader) });
  }
  return results;
}

export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** The largest difference between elements of two lists of one length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`lengths differ: ${a.length} and ${b.length}`);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));
}
