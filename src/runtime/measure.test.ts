import { afterEach, expect, test, vi } from "vitest";
import type { ProgramSource } from "./machine.ts";
import { measurePrograms } from "./measure.ts";

afterEach(() => vi.restoreAllMocks());

/** Times of a program's runs in milliseconds, the last one again and again; none: it cannot run. */
type Times = readonly number[];

/** A machine on which programs take the times that they are given, by the clock. */
function machineOf(programs: readonly Times[]) {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const runs = programs.map(() => 0);
  const loaded = new Set<number>();
  const order: number[] = [];
  return {
    runs,
    loaded,
    order,
    load: async ({ outputs: [name] }: ProgramSource) => {
      loaded.add(Number(name));
      return Number(name);
    },
    run: async (program: number) => {
      const times = programs[program];
      if (times.length === 0) throw new Error("out of memory");
      now += times[Math.min(runs[program]++, times.length - 1)];
      order.push(program);
      return new Map();
    },
    unload: async (program: number) => {
      loaded.delete(program);
    },
  };
}

const sourcesOf = (programs: readonly Times[]): ProgramSource[] =>
  programs.map((_, i) => ({
    ...{ model: new Uint8Array(), inputs: [{ name: "x", shape: [3] }] },
    ...{ cpuOnly: [], outputs: [`${i}`], updates: [] },
  }));

async function measured(...programs: Times[]) {
  const machine = machineOf(programs);
  return { ...machine, times: await measurePrograms(machine, sourcesOf(programs)) };
}

test("the least time counts, not that of the warm-up", async () => {
  const { times } = await measured([90, 50, 40, 60], [80, 45, 70, 44]);
  expect(times).toEqual([40, 44]);
});

test("programs that are not hopeless take turns", async () => {
  const { order } = await measured([50], [60]);
  expect(order).toEqual([0, 0, 1, 1, 0, 1, 0, 1]);
});

test("a program twice as slow as the best is not run again, one four times as slow not even twice", async () => {
  const { runs, times } = await measured([50], [90], [101], [201]);
  expect(runs).toEqual([4, 4, 2, 1]);
  expect(times).toEqual([50, 90, 101, 201]);
});

test("a better one that comes later makes the first hopeless, and has nobody to take turns with", async () => {
  expect((await measured([100], [40])).runs).toEqual([2, 2]);
});

test("a quick program is not judged by a run or two", async () => {
  const { times } = await measured([1, 1], [25, 9, 9, 0.5]);
  expect(times).toEqual([1, 0.5]);
});

test("a program that cannot run takes no part, and the others do", async () => {
  expect((await measured([50], [], [40])).times).toEqual([50, Number.POSITIVE_INFINITY, 40]);
  expect((await measured([], [])).times).toEqual([Infinity, Infinity]);
});

test("no program stays loaded", async () => {
  expect((await measured([50], [60], [], [500])).loaded).toEqual(new Set());
});
