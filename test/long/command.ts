/** Runs the compiled command line, as a user does. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { paperGuidance } from "../../src/gain/index.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** @returns  What it printed on standard output. */
export async function gain(...args: string[]): Promise<string> {
  const options = { maxBuffer: 2 ** 28 };
  return (await promisify(execFile)(process.execPath, [main, ...args], options)).stdout;
}

/** The paper's weights, with which the figures of PyTorch and of docs/results.md were made. */
export const paperFlags: readonly string[] = Object.entries(paperGuidance).flatMap(
  ([name, value]) => ["--set", `${name}=${value}`],
);
