import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  checkDisk,
  checkLoad,
  checkNode,
  checkThreads,
  instructionsIn,
  isAtLeast,
  memoryCheck,
} from "./system.ts";

test("versions are compared number by number", () => {
  expect(isAtLeast("20.9.0", "20.9")).toBe(true);
  expect(isAtLeast("20.10.0", "20.9")).toBe(true);
  expect(isAtLeast("20.8.9", "20.9")).toBe(false);
  expect(isAtLeast("18.20.0", "20.9")).toBe(false);
  expect(isAtLeast("100.0.0", "20.9")).toBe(true);
});

test("a Node older than package.json asks for fails", () => {
  expect(checkNode("18.20.4")).toEqual({
    id: "node",
    status: "failed",
    text: "Node 18.20.4 (>=20.9 is needed)",
    fix: "Install a newer Node from https://nodejs.org",
    values: { version: "18.20.4", needed: ">=20.9" },
  });
  expect(checkNode().status).toBe("ok");
});

test("instructions are read as Linux lists them, on x64 and on ARM", () => {
  expect(
    instructionsIn("model name\t: X\nflags\t\t: fpu avx avx2 avx512f fma\nflags\t: fpu\n"),
  ).toEqual(["AVX", "AVX2", "FMA", "AVX-512"]);
  expect(instructionsIn("Features\t: fp asimd sve\n")).toEqual(["NEON", "SVE"]);
  expect(instructionsIn("flags\t: fpu sse2\n")).toEqual([]);
  expect(instructionsIn("")).toBeUndefined();
});

test("more threads than a container may use are a warning with the number to give", () => {
  expect(checkThreads({ processors: 1.5 }, 8)).toMatchObject({
    status: "warning",
    text: expect.stringMatching(
      /^8 threads by default, for \d+ processors, a container's limit of 1\.5$/,
    ),
    fix: "Give --threads 1: more threads than the container may use wait for each other",
    values: { threads: 8, limit: 1.5 },
  });
  expect(checkThreads({}, 8)).toMatchObject({ status: "ok" });
  expect(checkThreads({ processors: 8 }, 8)).toMatchObject({ status: "ok" });
});

test("less memory than SqueezeNet takes is a warning", () => {
  expect(memoryCheck({ total: 2e9, free: 0.8e9, limit: 2e9 })).toEqual({
    id: "memory",
    status: "warning",
    text: "800 MB free of 2.0 GB, a container's limit",
    fix: "Close other programs, or train smaller batches (--batch-size) or with --recompute: SqueezeNet in batches of 16 takes 1.0 GB",
    values: { free: 0.8e9, total: 2e9, limit: 2e9 },
  });
  expect(memoryCheck({ total: 8e9, free: 2e9 })).toMatchObject({
    status: "ok",
    text: "2.0 GB free of 8.0 GB",
  });
});

test("busy processors are a warning", () => {
  expect(checkLoad(1.5, 2)).toMatchObject({
    status: "warning",
    text: "1.5 processes ran at a time in the last minute, for 2 processors",
  });
  expect(checkLoad(0.2, 2).status).toBe("ok");
});

test("the room of a folder that is not there yet is that of the one above it", async () => {
  const { values } = await checkDisk({ working: tmpdir(), cache: join(tmpdir(), "not/yet") });
  expect(values.working).toBeGreaterThan(0);
  expect(values.cache).toBeGreaterThan(0);
});
