import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCgroupLimits } from "./cgroups.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-cgroups-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A root folder with these files. */
async function root(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return join(folder, name);
}

test("version 2: the narrowest limit of the group and those above it", async () => {
  const path = await root("v2", {
    "proc/self/cgroup": "0::/a/b\n",
    "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
    "sys/fs/cgroup/a/b/memory.max": "3000000000\n",
    "sys/fs/cgroup/a/b/memory.current": "1000000000\n",
    "sys/fs/cgroup/a/cpu.max": "150000 100000\n",
    "sys/fs/cgroup/a/memory.max": "2000000000\n",
    "sys/fs/cgroup/a/memory.current": "1900000000\n",
    "sys/fs/cgroup/cpu.max": "400000 100000\n",
  });
  expect(await readCgroupLimits(path)).toEqual({
    processors: 1.5,
    memory: 2e9,
    memoryUsed: 1.9e9,
  });
});

test("version 1: controllers have paths of their own, and a huge number is no limit", async () => {
  const path = await root("v1", {
    "proc/self/cgroup": "4:memory:/job\n2:cpu,cpuacct:/\n1:name=systemd:/\n",
    "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "1073741824\n",
    "sys/fs/cgroup/memory/job/memory.usage_in_bytes": "4096\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
  });
  expect(await readCgroupLimits(path)).toEqual({
    processors: 0.5,
    memory: 1073741824,
    memoryUsed: 4096,
  });
});

test("without limits, and without control groups, there is none", async () => {
  const path = await root("none", {
    "proc/self/cgroup": "2:cpu:/\n0::/\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/cpu.max": "max 100000\n",
    "sys/fs/cgroup/memory.max": "max\n",
  });
  expect(await readCgroupLimits(path)).toEqual({});
  expect(await readCgroupLimits(join(folder, "elsewhere"))).toEqual({});
});
