/** What a container may use of its machine: Linux's control groups, versions 1 and 2. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface CgroupLimits {
  /** Processors that may be busy at a time, such as 1.5; undefined where there is no limit. */
  readonly processors?: number;
  /** Bytes; undefined where there is no limit. */
  readonly memory?: number;
  /** Bytes of it that are in use, files in the cache included. */
  readonly memoryUsed?: number;
}

/** Version 1 says "no limit" with a number near 2⁶³. */
const noLimit = 2 ** 60;

/**
 * The narrowest limits of this process's group and those above it; none on other systems.
 *
 * @param root  In place of "/", for tests.
 */
export async function readCgroupLimits(root: string = "/"): Promise<CgroupLimits> {
  const text = await readFile(join(root, "proc/self/cgroup"), "utf8").catch(() => "");
  let limits: CgroupLimits = {};
  for (const line of text.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const names = controllers.split(",");
    for (const above of pathsAbove(path)) {
      const at = (controller: string): string => join(root, "sys/fs/cgroup", controller, above);
      if (controllers === "") limits = narrower(limits, await version2(at("")));
      if (names.includes("cpu")) limits = narrower(limits, await version1Processors(at("cpu")));
      if (names.includes("memory")) limits = narrower(limits, await version1Memory(at("memory")));
    }
  }
  return limits;
}

/** "/a/b" as "/a/b", "/a" and "/": a container may see its own group as the top. */
function pathsAbove(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "..");
  return [...parts.keys(), parts.length].reverse().map((n) => `/${parts.slice(0, n).join("/")}`);
}

async function version2(folder: string): Promise<CgroupLimits> {
  const [quota, period] = (await textOf(folder, "cpu.max")).split(" ").map(Number);
  return {
    ...(quota > 0 && period > 0 && { processors: quota / period }),
    ...memoryOf(await textOf(folder, "memory.max"), await textOf(folder, "memory.current")),
  };
}

async function version1Processors(folder: string): Promise<CgroupLimits> {
  const quota = Number(await textOf(folder, "cpu.cfs_quota_us"));
  const period = Number(await textOf(folder, "cpu.cfs_period_us"));
  return quota > 0 && period > 0 ? { processors: quota / period } : {};
}

async function version1Memory(folder: string): Promise<CgroupLimits> {
  const limit = await textOf(folder, "memory.limit_in_bytes");
  return memoryOf(limit, await textOf(folder, "memory.usage_in_bytes"));
}

function memoryOf(limit: string, used: string): CgroupLimits {
  const memory = Number(limit);
  if (limit === "" || !(memory < noLimit)) return {};
  return { memory, ...(used !== "" && { memoryUsed: Number(used) }) };
}

function narrower(a: CgroupLimits, b: CgroupLimits): CgroupLimits {
  const processors = Math.min(a.processors ?? Infinity, b.processors ?? Infinity);
  const memory = (a.memory ?? Infinity) <= (b.memory ?? Infinity) ? a : b;
  return {
    ...(Number.isFinite(processors) && { processors }),
    ...(memory.memory !== undefined && { memory: memory.memory }),
    ...(memory.memoryUsed !== undefined && { memoryUsed: memory.memoryUsed }),
  };
}

const textOf = (folder: string, name: string): Promise<string> =>
  readFile(join(folder, name), "utf8").then(
    (text) => text.trim(),
    () => "",
  );
