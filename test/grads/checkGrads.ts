/** Derivatives against central differences of the float64 interpreter. */
import { grad } from "../../src/autodiff/index.ts";
import {
  addAll,
  type Feeds,
  input,
  interpret,
  mul,
  type Node,
  sum,
} from "../../src/graph/index.ts";
import { Random } from "../../src/random.ts";
import { type Shape, sizeOf } from "../../src/shape.ts";
import type { Draw } from "./draw.ts";

/** The square of it is the truncation error, 1e-16 divided by it the rounding error: both near 1e-11. */
const EPSILON = 1e-5;

/** Far above the 1e-10 that differences of values of order 1 are good for, far below any wrong rule. */
const TOLERANCE = 1e-6;

export interface CheckOptions {
  /** Derivatives of derivatives, up to this order, are checked. */
  readonly order: number;
  readonly seed?: number;
}

/**
 * Checks the derivatives of a function in all of its arguments at once:
 *
 *   Σₖ ⟨∂⟨f, c⟩/∂xₖ, vₖ⟩ = (⟨f(x + εv), c⟩ − ⟨f(x − εv), c⟩) / 2ε
 *
 * for a random direction v and cotangent c; then those of ∂⟨f, c⟩/∂x as a function of x and c,
 * and so on.
 *
 * @throws {Error} With both values, when they differ.
 */
export function checkGrads(
  build: (...inputs: Node[]) => Node,
  draws: readonly Draw[],
  { order, seed = 1 }: CheckOptions,
): void {
  const random = new Random(seed);
  const feeds: Record<string, Float64Array> = {};
  const inputs = draws.map((draw, k) => {
    const { shape, data } = draw(random);
    feeds[`x${k}`] = data;
    return input(`x${k}`, shape);
  });
  check([build(...inputs)], inputs, feeds, 1, order, random);
}

type FedInput = ReturnType<typeof input>;

function check(
  outputs: readonly Node[],
  inputs: readonly FedInput[],
  values: Readonly<Record<string, Float64Array>>,
  order: number,
  lastOrder: number,
  random: Random,
): void {
  const feeds = { ...values };
  const cotangents = outputs.map(({ shape }, k) => {
    feeds[`c${order}_${k}`] = normals(shape, random);
    return input(`c${order}_${k}`, shape);
  });
  const objective = addAll(outputs.map((output, k) => sum(mul(output, cotangents[k]))));
  const gradients = grad(objective, inputs);
  const directions = inputs.map(({ shape }) => normals(shape, random));

  const analytic = interpret(gradients, feeds).reduce(
    (total, gradient, k) => total + innerProduct(gradient, directions[k]),
    0,
  );
  const objectiveAt = (step: number): number =>
    interpret([objective], stepped(feeds, inputs, directions, step))[0][0];
  const numeric = (objectiveAt(EPSILON) - objectiveAt(-EPSILON)) / (2 * EPSILON);
  // Values are of order 1; the floor serves derivatives that vanish, whose numeric side is noise.
  const scale = Math.max(1, Math.abs(analytic), Math.abs(numeric));
  if (!(Math.abs(analytic - numeric) <= TOLERANCE * scale)) {
    throw new Error(`derivative of order ${order}: analytic ${analytic}, numeric ${numeric}.`);
  }
  if (order < lastOrder) {
    check(gradients, [...inputs, ...cotangents], feeds, order + 1, lastOrder, random);
  }
}

function stepped(
  feeds: Feeds,
  inputs: readonly FedInput[],
  directions: readonly Float64Array[],
  step: number,
): Feeds {
  const moved = inputs.map(({ attributes: { name } }, k) => [
    name,
    Float64Array.from(feeds[name], (value, i) => value + step * directions[k][i]),
  ]);
  return { ...feeds, ...Object.fromEntries(moved) };
}

function normals(shape: Shape, random: Random): Float64Array {
  return Float64Array.from({ length: sizeOf(shape) }, () => random.normal());
}

function innerProduct(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, i) => total + value * b[i], 0);
}
