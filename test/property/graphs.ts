/** Arbitrary small graphs, full of what `simplify` rewrites. */
import fc from "fast-check";
import {
  add,
  broadcastTo,
  concat,
  constant,
  div,
  equal,
  gate,
  input,
  interpret,
  matmul,
  max,
  mul,
  type Node,
  neg,
  pad,
  relu,
  reshape,
  slice,
  sub,
  sum,
  transpose,
} from "../../src/graph/index.ts";
import { broadcastShapes, ShapeError, sizeOf } from "../../src/shape.ts";

const inputs = [input("x", [2, 3]), input("y", [3]), input("z", [2, 1])];

/** Small whole numbers: with divisors that are powers of two, every result is exact. */
export const feeds: Readonly<Record<string, Float32Array>> = {
  x: Float32Array.of(1, -2, 0, 3, -1, 2),
  y: Float32Array.of(2, 0, -1),
  z: Float32Array.of(-3, 1),
};

const leaves: readonly Node[] = [
  ...inputs,
  constant(0),
  constant(1),
  constant(-2),
  broadcastTo(constant(0), [2, 3]),
  broadcastTo(constant(1), [2, 1]),
  constant([1, -1, 2], [3]),
];

const lastAxis = ({ shape }: Node): number => shape.length - 1;

/** How a step makes a node of earlier ones; one that does not fit leaves the graph as it is. */
const steps: readonly ((a: Node, b: Node) => Node)[] = [
  add,
  add,
  sub,
  mul,
  gate,
  equal,
  neg,
  relu,
  (a) => div(a, 2),
  (a) => div(a, broadcastTo(constant(4), a.shape)),
  (a) => mul(-3, a),
  (a) => sum(a, 0),
  (a) => sum(a, lastAxis(a), { keepDims: true }),
  (a) => max(a, lastAxis(a)),
  (a) => broadcastTo(a, [2, ...a.shape]),
  (a, b) => broadcastTo(a, broadcastShapes("step", a.shape, b.shape)),
  (a) => reshape(a, [-1]),
  (a) => reshape(a, [1, ...a.shape, 1]),
  (a) => transpose(a, [...a.shape.keys()].reverse()),
  (a) =>
    slice(
      a,
      a.shape.map((dim) => dim >> 1),
      a.shape.map((dim) => dim - (dim >> 1)),
    ),
  (a) =>
    pad(
      a,
      a.shape.map(() => 1),
      a.shape.map((dim) => dim + 2),
    ),
  (a, b) => concat([a, b, a], 0),
  (a) => matmul(a, transpose(a, [1, 0])),
  (a, b) => matmul(a, b),
];

const largestSize = 100;
const largestMagnitude = 2 ** 12;

function isModest(node: Node): boolean {
  if (sizeOf(node.shape) > largestSize) return false;
  return interpret([node], feeds)[0].every((value) => Math.abs(value) <= largestMagnitude);
}

/** The last few nodes of a random computation on `feeds`. */
export const graph: fc.Arbitrary<readonly Node[]> = fc
  .array(fc.tuple(fc.nat(steps.length - 1), fc.nat(), fc.nat()), { minLength: 1, maxLength: 16 })
  .map((choices) => {
    const nodes = [...leaves];
    for (const [step, i, j] of choices) {
      // One operand is recent, so that graphs grow deep.
      const recent = nodes[nodes.length - 1 - (i % 4)];
      const node = attempt(steps[step], recent, nodes[j % nodes.length]);
      if (node !== undefined && isModest(node)) nodes.push(node);
    }
    return nodes.slice(-3);
  });

function attempt(step: (a: Node, b: Node) => Node, a: Node, b: Node): Node | undefined {
  try {
    return step(a, b);
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}
