import { expect, test } from "vitest";
import { rateFactor } from "./schedule.ts";

test("a constant rate is the base rate", () => {
  expect([0, 5, 9].map((step) => rateFactor({ kind: "constant" }, step, 10))).toEqual([1, 1, 1]);
});

test("a poly rate starts at the base rate and falls to a last step above zero", () => {
  const linear = [0, 1, 2, 3].map((step) => rateFactor({ kind: "poly", power: 1 }, step, 4));
  expect(linear).toEqual([1, 0.75, 0.5, 0.25]);
  const square = [0, 5, 9].map((step) => rateFactor({ kind: "poly", power: 2 }, step, 10));
  expect(square).toEqual([1, 0.25, expect.closeTo(0.01, 12)]);
  // The usual power: 0.5 ** 0.9.
  expect(rateFactor({ kind: "poly", power: 0.9 }, 50, 100)).toBeCloseTo(0.535887, 6);
});

test("a step rate falls by its factor at every multiple of its period", () => {
  const schedule = { kind: "step", every: 3, factor: 0.5 } as const;
  const factors = [0, 2, 3, 5, 6, 9].map((step) => rateFactor(schedule, step, 100));
  expect(factors).toEqual([1, 1, 0.5, 0.5, 0.25, 0.125]);
});

test("a step rate does not depend on the number of steps", () => {
  const schedule = { kind: "step", every: 3, factor: 0.1 } as const;
  expect(rateFactor(schedule, 7, 10)).toBe(rateFactor(schedule, 7, 1000));
});
