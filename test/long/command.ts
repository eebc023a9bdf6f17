/** Runs the compiled command line, as a user does. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** @returns  What it printed on standard output. */
export async function gain(...args: string[]): Promise<string> {
  const options = { maxBuffer: 2 ** 28 };
  return (await promisify(execFile)(process.execPath, [main, ...args], options)).stdout;
}
