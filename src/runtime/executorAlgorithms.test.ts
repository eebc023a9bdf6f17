import { afterEach, describe, expect, test } from "vitest";
import { grad } from "../autodiff/index.ts";
import { conv, input, relu, sum } from "../graph/index.ts";
import { type Algorithm, algorithmsFor, type Choices } from "../onnx/index.ts";
import { Random } from "../random.ts";
import { candidatesFor } from "./candidates.ts";
import { type Computation, Executor, type ExecutorOptions, Machine } from "./index.ts";
import { computationProblems } from "./program.ts";

const x = input("x", [2, 4, 12, 12]);
const [first, second] = [input("first", [6, 4, 3, 3]), input("second", [6, 6, 3, 3])];
/** Two convolutions, with the derivatives in both filters. */
const computation: Computation = (() => {
  const hidden = relu(conv(x, first, { padding: 1 }));
  const loss = sum(relu(conv(hidden, second, { padding: 1 })));
  const [firstGrad, secondGrad] = grad(loss, [first, second]);
  return { outputs: { loss, firstGrad, secondGrad } };
})();
const problems = computationProblems(computation);

const executors: Executor[] = [];
afterEach(async () => {
  for (const executor of executors.splice(0)) await executor.close();
});
async function start(algorithms?: ExecutorOptions["algorithms"]): Promise<Executor> {
  const executor = await Executor.start({
    ...{ device: "cpu", threads: 1 },
    ...(algorithms && { algorithms }),
  });
  executors.push(executor);
  return executor;
}

async function outputsOf(executor: Executor): Promise<Float32Array[]> {
  const random = new Random(1);
  const program = await executor.compile(computation);
  const feeds = [x, first, second].map(
    ({ attributes: { name }, shape }) =>
      [
        name,
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
      ] as const,
  );
  const results = await program.run(Object.fromEntries(feeds));
  return [...results.values()].map(({ data }) => data);
}

/** For each problem the algorithm that comes last in the table. */
const lastOnes: Choices = new Map(
  [...problems].map(([key, problem]) => [key, algorithmsFor(problem).at(-1) as Algorithm]),
);

test("a computation's problems are those of its convolutions and their derivatives", () => {
  const operations = [...problems.values()].map(({ op }) => op).sort();
  expect(operations).toEqual([
    ...["conv", "conv", "convFilterGrad", "convFilterGrad", "convInputGrad"],
  ]);
});

test("each candidate is a program of the problem's two operands that yields one element", async () => {
  const machine = new Machine({ device: "cpu", threads: 1 });
  for (const problem of problems.values()) {
    const candidates = candidatesFor(problem);
    expect(candidates.map(({ algorithm }) => algorithm)).toEqual(algorithmsFor(problem));
    const models = candidates.map(({ source }) => Buffer.from(source.model).toString("base64"));
    expect(new Set(models).size).toBe(models.length);
    const corners: number[] = [];
    for (const { source } of candidates) {
      expect(source.inputs).toHaveLength(2);
      const feeds = source.inputs.map(
        ({ name, shape }) =>
          [name, new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5)] as const,
      );
      const { shape, data } = [
        ...(await machine.run(await machine.load(source), new Map(feeds))).values(),
      ][0];
      expect(new Set(shape)).toEqual(new Set([1]));
      corners.push(data[0]);
    }
    // Of sums of at most 288 products of order 1; Winograd's F(4x4) loses two digits.
    for (const corner of corners) expect(corner / corners[0]).toBeCloseTo(1, 4);
  }
  await machine.close();
});

describe("an executor", () => {
  test("computes with the recorded algorithms, to the last bit", async () => {
    const [defaults, recorded, again] = [
      await outputsOf(await start()),
      await outputsOf(await start({ recorded: lastOnes })),
      await outputsOf(await start({ recorded: lastOnes, measured: new Map() })),
    ];
    expect(again).toEqual(recorded);
    expect(recorded).not.toEqual(defaults);
    for (const [i, values] of recorded.entries()) {
      values.forEach((value, j) => {
        expect(Math.abs(value - defaults[i][j])).toBeLessThan(1e-3 * (1 + Math.abs(value)));
      });
    }
  });

  test("knows the choices of all that it compiled", async () => {
    const executor = await start({ recorded: lastOnes });
    expect(executor.choices.size).toBe(0);
    await executor.compile(computation);
    expect(executor.choices).toEqual(lastOnes);
    expect(executor.measured.size).toBe(0);
  });

  test("measures on its thread what it does not know, and computes with what was fastest", async () => {
    const executor = await start({ tune: true });
    await executor.compile(computation);
    expect([...executor.measured.keys()]).toEqual([...problems.keys()]);
    for (const [key, { algorithm, milliseconds }] of executor.measured) {
      const problem = problems.get(key);
      const able = problem === undefined ? [] : algorithmsFor(problem);
      expect(Object.keys(milliseconds).sort()).toEqual([...able].sort());
      expect(Math.min(...Object.values(milliseconds))).toBeGreaterThan(0);
      expect(executor.choices.get(key)).toBe(algorithm);
    }
    const before = executor.measured.size;
    await executor.compile(computation);
    expect(executor.measured.size).toBe(before);
  });

  test("has its memory and state for the program once it has measured", async () => {
    const executor = await start({ tune: true });
    await executor.setState([["first", { shape: [6, 4, 3, 3], data: new Float32Array(216) }]]);
    await executor.compile(computation);
    expect([...(await executor.getState()).keys()]).toEqual(["first"]);
  });
});
