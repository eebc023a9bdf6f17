import { expect, test } from "vitest";
import { mul, stopGradient } from "../../src/graph/index.ts";
import { checkGrads } from "./checkGrads.ts";
import { anywhere } from "./draw.ts";

test("accepts a right derivative", () => {
  expect(() => checkGrads((x) => mul(x, x), [anywhere([3])], { order: 3 })).not.toThrow();
});

test("shows both values of a wrong derivative", () => {
  // The derivative of x·stop(x) is x, half of what differences of x² show.
  expect(() => checkGrads((x) => mul(x, stopGradient(x)), [anywhere([3])], { order: 1 })).toThrow(
    /^derivative of order 1: analytic -?[\d.]+, numeric -?[\d.]+\.$/,
  );
});
