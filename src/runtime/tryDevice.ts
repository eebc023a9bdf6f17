/**
 * What ONNX Runtime can do on this machine, found out in a process of its own. This module does not
 * load ONNX Runtime, so it works where that does not.
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { tryParseJson } from "../tryParseJson.ts";
import { workerUrl } from "../workerUrl.ts";
import type { TrialReply } from "./deviceTrial.ts";
import type { Device } from "./machine.ts";

/** A provider that ONNX Runtime was built with. */
export interface Backend {
  readonly name: string;
  /** Whether its binaries are in the package. */
  readonly bundled: boolean;
}

export type RuntimeListing =
  | { readonly isLoaded: true; readonly version: string; readonly backends: readonly Backend[] }
  | { readonly isLoaded: false; readonly reason: string };

export type Trial =
  /** `gigaflops`: 10⁹ multiplications and additions a second, of a 3x3 convolution. */
  | { readonly isUsable: true; readonly gigaflops: number }
  | { readonly isUsable: false; readonly reason: string };

/** A driver that has not answered by then never will, milliseconds. */
const patience = 30_000;

/** The version and the providers of ONNX Runtime; the reason where it cannot be loaded. */
export async function listBackends(): Promise<RuntimeListing> {
  const reply = await ask(["list"], patience);
  if (reply.kind === "backends") {
    return { isLoaded: true, version: reply.version, backends: reply.backends };
  }
  return { isLoaded: false, reason: reasonOf(reply) };
}

/** Runs two convolutions on a device; one is compared with the interpreter, one is timed. */
export async function tryDevice(
  device: Device,
  { threads, timeout = patience }: { readonly threads: number; readonly timeout?: number },
): Promise<Trial> {
  const reply = await ask([device, String(threads)], timeout);
  if (reply.kind === "ran") return { isUsable: true, gigaflops: reply.gigaflops };
  return { isUsable: false, reason: reasonOf(reply) };
}

const reasonOf = (reply: TrialReply): string =>
  reply.kind === "error" ? reply.message : `internal: unexpected ${reply.kind}`;

function ask(args: readonly string[], timeout: number): Promise<TrialReply> {
  const script = fileURLToPath(workerUrl(import.meta.url, "deviceTrial"));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout,
      killSignal: "SIGKILL",
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    const fail = (message: string): void => resolve({ kind: "error", message });
    child.on("error", (error) => fail(error.message));
    child.on("close", (status, signal) => {
      const reply = tryParseJson(stdout.trim().split("\n").at(-1) ?? "");
      if (isReply(reply)) resolve(reply);
      else if (signal === "SIGKILL") fail(`no answer within ${timeout / 1000} s`);
      else fail(endOf(signal ?? `status ${status}`, stderr));
    });
  });
}

const isReply = (value: unknown): value is TrialReply =>
  typeof value === "object" && value !== null && "kind" in value;

/** How a process ended that gave no answer, with the last thing that it said. */
function endOf(how: string, stderr: string): string {
  const last = stderr.trim().split("\n").at(-1) ?? "";
  return `the process ended with ${how}${last === "" ? "" : `: ${last}`}`;
}
