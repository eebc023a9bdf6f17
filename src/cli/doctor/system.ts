/** Node, the processor, memory and disk. */

import { readFile, statfs } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, cpus, freemem, loadavg, release, totalmem } from "node:os";
import { dirname } from "node:path";
import { exists } from "../../exists.ts";
import type { CgroupLimits } from "./cgroups.ts";
import { bytes, type Check } from "./check.ts";

/** What training SqueezeNet in batches of 16 takes (docs/performance.md), bytes. */
const neededMemory = 1.0e9;

/** A run's checkpoints, report and pictures, with room to spare, bytes. */
const neededDisk = 1e9;

export function checkNode(version: string = process.versions.node): Check {
  const { engines } = createRequire(import.meta.url)("../../../package.json") as {
    readonly engines: { readonly node: string };
  };
  const isOk = isAtLeast(version, engines.node.replace(/^\D+/, ""));
  return {
    id: "node",
    status: isOk ? "ok" : "failed",
    text: `Node ${version} (${engines.node} is needed)`,
    ...(!isOk && { fix: "Install a newer Node from https://nodejs.org" }),
    values: { version, needed: engines.node },
  };
}

/** Whether a version such as "20.20.2" is the same as or later than one such as "20.9". */
export function isAtLeast(version: string, least: string): boolean {
  const numbers = (text: string): number[] =>
    text.split(".").map((part) => Number.parseInt(part, 10));
  const [given, wanted] = [numbers(version), numbers(least)];
  for (const [i, number] of wanted.entries()) {
    if ((given[i] ?? 0) !== number) return (given[i] ?? 0) > number;
  }
  return true;
}

/** ONNX Runtime's binaries on Linux are made for glibc. */
export function checkPlatform(): Check {
  const { platform, arch } = process;
  const report = process.report?.getReport() as
    | { readonly header?: { readonly glibcVersionRuntime?: string } }
    | undefined;
  const glibc = report?.header?.glibcVersionRuntime;
  const isMusl = platform === "linux" && glibc === undefined;
  const library = platform === "linux" ? (isMusl ? ", musl" : `, glibc ${glibc}`) : "";
  return {
    id: "platform",
    status: isMusl ? "failed" : "ok",
    text: `${platform} ${release()}, ${arch}${library}`,
    ...(isMusl && {
      fix: "Use a system with glibc, such as Debian's image of Node: ONNX Runtime has no binaries for musl (Alpine)",
    }),
    values: { platform, release: release(), arch, ...(glibc !== undefined && { glibc }) },
  };
}

/** Instructions that ONNX Runtime's kernels have variants for, by their names in /proc/cpuinfo. */
const instructions: Readonly<Record<string, string>> = {
  avx: "AVX",
  avx2: "AVX2",
  fma: "FMA",
  avx512f: "AVX-512",
  avx512_vnni: "AVX-512 VNNI",
  avx_vnni: "AVX-VNNI",
  amx_tile: "AMX",
  asimd: "NEON",
  sve: "SVE",
};

/** The instructions that a text like /proc/cpuinfo names; undefined where it names none. */
export function instructionsIn(cpuinfo: string): string[] | undefined {
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1].trim().split(/\s+/);
  return (
    flags &&
    Object.keys(instructions).flatMap((flag) => (flags.includes(flag) ? instructions[flag] : []))
  );
}

export async function checkProcessor(): Promise<Check> {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const known = instructionsIn(await readFile("/proc/cpuinfo", "utf8").catch(() => ""));
  const isSlow = process.arch === "x64" && known !== undefined && !known.includes("AVX2");
  const listed = known === undefined ? "instructions unknown" : known.join(", ") || "no vectors";
  return {
    id: "processor",
    status: isSlow ? "warning" : "ok",
    text: `${model}: ${listed}`,
    ...(isSlow && {
      fix: "Training works without AVX2, but several times slower; in a virtual machine, pass the host's processor through",
    }),
    values: { model, ...(known && { instructions: known }) },
  };
}

/** How many threads runs take by default, against what they may use. */
export function checkThreads(
  limits: CgroupLimits,
  threads: number = availableParallelism(),
): Check {
  const present = cpus().length;
  const { processors } = limits;
  const isTooMany = processors !== undefined && processors < threads;
  const limit = processors === undefined ? "" : `, a container's limit of ${processors.toFixed(1)}`;
  return {
    id: "threads",
    status: isTooMany ? "warning" : "ok",
    text: `${threads} threads by default, for ${present} processors${limit}`,
    ...(isTooMany && {
      fix: `Give --threads ${Math.max(1, Math.floor(processors))}: more threads than the container may use wait for each other`,
    }),
    values: {
      threads,
      processors: present,
      ...(processors !== undefined && { limit: processors }),
    },
  };
}

export async function checkMemory(limits: CgroupLimits): Promise<Check> {
  const total = Math.min(totalmem(), limits.memory ?? Infinity);
  const left = limits.memory === undefined ? Infinity : limits.memory - (limits.memoryUsed ?? 0);
  const free = Math.max(0, Math.min(await availableMemory(), left));
  return memoryCheck({ total, free, limit: limits.memory });
}

/** @param limit  Of a container; all in bytes. */
export function memoryCheck({
  total,
  free,
  limit,
}: {
  readonly total: number;
  readonly free: number;
  readonly limit?: number | undefined;
}): Check {
  const isShort = free < neededMemory;
  return {
    id: "memory",
    status: isShort ? "warning" : "ok",
    text: `${bytes(free)} free of ${bytes(total)}${limit === undefined ? "" : ", a container's limit"}`,
    ...(isShort && {
      fix: `Close other programs, or train smaller batches (--batch-size) or with --recompute: SqueezeNet in batches of 16 takes ${bytes(neededMemory)}`,
    }),
    values: { free, total, ...(limit !== undefined && { limit }) },
  };
}

/** What programs may still take: Linux counts its cache of files as free. */
async function availableMemory(): Promise<number> {
  const meminfo = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const kilobytes = /^MemAvailable:\s*(\d+) kB$/m.exec(meminfo)?.[1];
  return kilobytes === undefined ? freemem() : 1024 * Number(kilobytes);
}

/** The room where folders lie, by what they are for: "working", "cache". */
export async function checkDisk(folders: Readonly<Record<string, string>>): Promise<Check> {
  const room = new Map<string, number>();
  for (const [name, folder] of Object.entries(folders)) {
    const { bavail, bsize } = await statfs(await existingAbove(folder));
    room.set(name, bavail * bsize);
  }
  const isShort = [...room.values()].some((free) => free < neededDisk);
  return {
    id: "disk",
    status: isShort ? "warning" : "ok",
    text: [...room].map(([name, free]) => `${bytes(free)} free in the ${name} folder`).join(", "),
    ...(isShort && {
      fix: "Make room: a run's checkpoints and reports take some hundred megabytes",
    }),
    values: Object.fromEntries(room),
  };
}

async function existingAbove(folder: string): Promise<string> {
  let path = folder;
  while (!(await exists(path)) && dirname(path) !== path) path = dirname(path);
  return path;
}

/** Whether other programs keep the processors busy; Windows does not say. */
export function checkLoad(
  load: number = loadavg()[0],
  processors: number = availableParallelism(),
): Check {
  const isBusy = load > 0.5 * processors;
  return {
    id: "load",
    status: isBusy ? "warning" : "ok",
    text: `${load.toFixed(1)} processes ran at a time in the last minute, for ${processors} processors`,
    ...(isBusy && { fix: "Expect training to be slower while other programs run" }),
    values: { load, processors },
  };
}
