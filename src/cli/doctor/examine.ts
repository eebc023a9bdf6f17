/** All checks of `gain doctor`. */

import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { version } from "../../version.ts";
import { cacheFile } from "../tuning.ts";
import { readCgroupLimits } from "./cgroups.ts";
import { bytes, type Check } from "./check.ts";
import { checkCrf, checkPictures, checkRuntime } from "./libraries.ts";
import {
  checkDisk,
  checkLoad,
  checkMemory,
  checkNode,
  checkPlatform,
  checkProcessor,
  checkThreads,
} from "./system.ts";

export interface Examination {
  readonly version: string;
  /** Whether everything that is needed works. */
  readonly isHealthy: boolean;
  readonly checks: readonly Check[];
}

export async function examine(): Promise<Examination> {
  const limits = await readCgroupLimits();
  // Before the speed is measured, which is load itself.
  const load = checkLoad();
  const cache = cacheFile();
  const checks = [
    checkNode(),
    checkPlatform(),
    await checkProcessor(),
    checkThreads(limits),
    load,
    await checkMemory(limits),
    await checkDisk({ working: process.cwd(), cache: dirname(cache) }),
    ...(await checkRuntime()),
    await checkPictures(),
    checkCrf(),
    await checkCache(cache),
  ];
  return { version, isHealthy: checks.every(({ status }) => status !== "failed"), checks };
}

async function checkCache(path: string): Promise<Check> {
  const info = await stat(path).catch(() => undefined);
  const id = "algorithm-cache";
  if (info === undefined) {
    return {
      id,
      status: "absent",
      text: `no algorithms were measured yet (${path})`,
      fix: "For faster training, measure them once: gain train with --tune on",
      values: { path },
    };
  }
  const text = `measured algorithms in ${path}, ${bytes(info.size)}`;
  return { id, status: "ok", text, values: { path, bytes: info.size } };
}
