import { describe, expect, test } from "vitest";
import { conv, convFilterGrad, convWindow, input } from "../graph/index.ts";
import {
  type Algorithm,
  algorithmsFor,
  type Choices,
  type ConvProblem,
  convProblems,
  defaultAlgorithm,
  layoutOfAlgorithm,
} from "../onnx/index.ts";
import { AlgorithmChooser, type AlgorithmOptions } from "./algorithmChooser.ts";
import type { ProgramSource } from "./machine.ts";

/** Problems of 3x3 convolutions from 8 channels, one for each number of outputs. */
const problemsOf = (...outputs: number[]): Map<string, ConvProblem> =>
  convProblems(
    outputs.map((count) =>
      conv(input("x", [1, 8, 12, 12]), input("w", [count, 8, 3, 3]), { padding: 1 }),
    ),
  );

const problems = problemsOf(4);
const [[key, problem]] = problems;
const preferred = defaultAlgorithm(problem);
/** As candidates are measured: the default first. */
const candidates: readonly Algorithm[] = [
  preferred,
  ...algorithmsFor(problem).filter((algorithm) => algorithm !== preferred),
];
const [, other, third] = candidates;
const choose = (algorithm: Algorithm): Choices => new Map([[key, algorithm]]);

/** A chooser for which the candidates take these times, the default's first. */
function chooserOf(options: AlgorithmOptions, times: readonly number[] = [10, 5, 20, 20]) {
  const asked: number[] = [];
  const chooser = new AlgorithmChooser(options, async (sources: readonly ProgramSource[]) => {
    asked.push(sources.length);
    return sources.map((_, i) => times[i]);
  });
  return { chooser, asked };
}

const chosenBy = async (options: AlgorithmOptions, times?: readonly number[]) =>
  (await chooserOf(options, times).chooser.choose(problems)).get(key);

test("the problem has a default and two others, so that all below can differ", () => {
  expect(new Set([preferred, other, third]).size).toBe(3);
  expect(third).toBeDefined();
});

describe("a choice", () => {
  test("that is recorded wins over a measured one, which wins over the default", async () => {
    const [recorded, measured] = [choose(other), choose(third)];
    expect(await chosenBy({ recorded, measured, tune: true })).toBe(other);
    expect(await chosenBy({ measured, tune: true })).toBe(third);
    expect(await chosenBy({})).toBe(preferred);
  });

  test("that cannot compute its problem, or is not known, is passed over", async () => {
    const recorded = choose("product");
    expect(algorithmsFor(problem)).not.toContain("product");
    expect(await chosenBy({ recorded, measured: choose(other) })).toBe(other);
    expect(await chosenBy({ measured: new Map([[key, "fft" as Algorithm]]) })).toBe(preferred);
  });

  test("is kept once it is made", async () => {
    const { chooser, asked } = chooserOf({ tune: true });
    await chooser.choose(problems);
    await chooser.choose(problems);
    expect(asked).toHaveLength(1);
  });
});

describe("measuring", () => {
  test("times each distinct problem once, with all that can compute it", async () => {
    const { chooser, asked } = chooserOf({ tune: true });
    await chooser.choose(problemsOf(4, 6, 4, 6));
    expect(asked).toEqual([candidates.length, candidates.length]);
    expect([...chooser.measured.keys()]).toEqual([...problemsOf(4, 6).keys()]);
  });

  test("leaves out what was measured before", async () => {
    const { chooser, asked } = chooserOf({ tune: true, measured: choose(third) });
    await chooser.choose(problemsOf(4, 6));
    expect(asked).toHaveLength(1);
    expect(chooser.choices.get(key)).toBe(third);
    expect(chooser.measured.has(key)).toBe(false);
  });

  test("leaves out problems that only one algorithm computes", async () => {
    const strided = convProblems([
      conv(input("x", [1, 8, 12, 12]), input("w", [4, 8, 3, 3]), { stride: 2 }),
    ]);
    const [only] = [...strided.values()].map(algorithmsFor);
    expect(only).toHaveLength(1);
    const { chooser, asked } = chooserOf({ tune: true });
    expect([...(await chooser.choose(strided)).values()]).toEqual(only);
    expect(asked).toEqual([]);
  });

  test("takes one of another layout only where it is 20 % faster", async () => {
    expect(await chosenBy({ tune: true }, [10, 7.9, 11])).toBe(other);
    expect(await chosenBy({ tune: true }, [10, 8.1, 11])).toBe(preferred);
    expect(await chosenBy({ tune: true }, [10, 7.9, 7.8])).toBe(third);
  });

  test("takes one of the default's layout where it is 5 % faster", async () => {
    const image = input("x", [1, 8, 12, 12]);
    const gradient = input("g", [1, 8, 12, 12]);
    const node = convFilterGrad(image, gradient, convWindow({ padding: 1 }), [8, 8, 3, 3]);
    const sought = convProblems([node]);
    const [own] = sought.values();
    const fallback = defaultAlgorithm(own);
    const layoutOf = (algorithm: Algorithm) => layoutOfAlgorithm(own, algorithm);
    const rivals = algorithmsFor(own).filter((algorithm) => algorithm !== fallback);
    const rival = rivals.findIndex((algorithm) => layoutOf(algorithm) === layoutOf(fallback));
    const timesWith = (time: number) => [10, ...rivals.map((_, i) => (i === rival ? time : 20))];
    const chosen = async (time: number) => [
      ...(await chooserOf({ tune: true }, timesWith(time)).chooser.choose(sought)).values(),
    ];
    expect(await chosen(9.4)).toEqual([rivals[rival]]);
    expect(await chosen(9.6)).toEqual([fallback]);
  });

  test("never takes what the machine cannot run, and the default where it can run none", async () => {
    const [none] = [Number.POSITIVE_INFINITY];
    expect(await chosenBy({ tune: true }, [none, none, 3])).toBe(third);
    expect(await chosenBy({ tune: true }, [none, none, none])).toBe(preferred);
    const { chooser } = chooserOf({ tune: true }, [10, none, 3.00049]);
    await chooser.choose(problems);
    expect(chooser.measured.get(key)?.milliseconds).toEqual({ [preferred]: 10, [third]: 3 });
  });

  test("of two programs at a time measures no problem twice", async () => {
    const { chooser, asked } = chooserOf({ tune: true });
    await Promise.all([chooser.choose(problemsOf(4, 6)), chooser.choose(problemsOf(6, 4, 2))]);
    expect(asked).toHaveLength(3);
  });

  test("tells how far it is, and what it found even where it fails in the end", async () => {
    const steps: [number, number][] = [];
    const told: string[] = [];
    let runs = 0;
    const options: AlgorithmOptions = {
      tune: true,
      onProgress: (done, total) => steps.push([done, total]),
      onMeasured: async (measuredKey) => {
        told.push(measuredKey);
      },
    };
    const chooser = new AlgorithmChooser(options, async (sources) => {
      if (runs++ === 2) throw new Error("the runtime's thread has ended.");
      return sources.map(() => 1);
    });
    await expect(chooser.choose(problemsOf(4, 6, 2))).rejects.toThrow("thread has ended");
    expect(steps).toEqual([
      [1, 3],
      [2, 3],
    ]);
    expect(told).toEqual([...problemsOf(4, 6).keys()]);
  });
});
