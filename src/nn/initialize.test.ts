import { describe, expect, test } from "vitest";
import { Random } from "../random.ts";
import { glorotNormal, heNormal, type Initializer, normal, zeros } from "./initialize.ts";
import { initialParameters } from "./initialParameters.ts";
import type { Model } from "./model.ts";
import { smallnet } from "./smallnet.ts";

const parametersOf = (model: Model, seed: number): [string, number[]][] =>
  [...initialParameters(model, new Random(seed))].map(([name, { data }]) => [name, [...data]]);

describe("initialParameters", () => {
  const model = smallnet({ classes: 3, inputSize: 16 });

  test("depends on the seed, and on nothing else", () => {
    const random = new Random(1);
    const fresh = parametersOf(model, 1);
    expect(
      [...initialParameters(model, random)].map(([name, { data }]) => [name, [...data]]),
    ).toEqual(fresh);
    const other = new Map(parametersOf(model, 2));
    for (const [name, values] of fresh) {
      if (name.endsWith(".weight")) expect(other.get(name)).not.toEqual(values);
    }
  });

  test("gives a parameter the same values whatever others the model has", () => {
    const wider = new Map(parametersOf(smallnet({ classes: 7, inputSize: 16 }), 1));
    for (const [name, values] of parametersOf(model, 1)) {
      if (!name.startsWith("head.")) expect(wider.get(name)).toEqual(values);
    }
  });

  test("gives parameters of one shape values of their own", () => {
    const random = new Random(1);
    const shape = [4, 4];
    const [a, b] = ["a", "b"].map((name) => [...normal(1)(shape, random.fork(name))]);
    expect(a).not.toEqual(b);
  });

  test("starts biases at zero, and knows every parameter's shape", () => {
    const values = initialParameters(model, new Random(1));
    expect([...values.keys()]).toEqual(model.parameters.map(({ name }) => name));
    for (const { name, shape } of model.parameters) {
      expect(values.get(name)?.shape).toEqual(shape);
      if (name.endsWith(".bias")) expect(values.get(name)?.data.every((x) => x === 0)).toBe(true);
    }
  });
});

describe("initializers have the deviation that they promise", () => {
  // With 40,000 draws the deviation's standard error is 0.35% and the mean's 0.5% of a deviation.
  test.each<[string, Initializer, number]>([
    ["normal", normal(0.01), 0.01],
    ["He", heNormal(50), 0.2],
    ["Glorot", glorotNormal(100, 100), 0.1],
  ])("%s", (_, initialize, expected) => {
    const data = initialize([200, 200], new Random(1));
    const mean = data.reduce((total, x) => total + x, 0) / data.length;
    const variance = data.reduce((total, x) => total + (x - mean) ** 2, 0) / data.length;
    expect(Math.abs(mean / expected)).toBeLessThan(0.02);
    expect(Math.abs(Math.sqrt(variance) / expected - 1)).toBeLessThan(0.015);
  });

  test("zeros", () => {
    expect([...zeros([2, 2], new Random(1))]).toEqual([0, 0, 0, 0]);
  });
});
