/** The meaning of every primitive, in float64: the reference for whatever runs a graph. */
import { formatShape, ShapeError, sizeOf, stridesOf } from "../shape.ts";
import { forEachConvTap } from "./interpret/convTaps.ts";
import { erf } from "./interpret/erf.ts";
import { blockOffsets, broadcastOffsets, offsets } from "./interpret/offsets.ts";
import { poolWinners } from "./interpret/poolWinners.ts";
import { type Node, type NodeOf, type Primitive, topologicalOrder } from "./node.ts";

/** Values of inputs by name, row-major. */
export type Feeds = Readonly<Record<string, ArrayLike<number>>>;

/**
 * Values of nodes, computed in plain float64 loops. Slow; made to be right.
 *
 * @param feeds  A value for each input that `outputs` need; others are ignored.
 * @returns      For each of `outputs` its elements, row-major.
 * @throws {ShapeError} When a feed is missing or has another size than its input.
 */
export function interpret(outputs: readonly Node[], feeds: Feeds): Float64Array[] {
  const values = new Map<Node, Float64Array>();
  const computed = (node: Node): Float64Array => {
    const value = values.get(node);
    if (value === undefined) throw new Error(`internal: ${node.op} is used before it is computed.`);
    return value;
  };
  for (const node of topologicalOrder(outputs)) {
    const value =
      node.op === "input" ? fedValue(node, feeds) : apply(node, node.inputs.map(computed));
    values.set(node, value);
  }
  return outputs.map(computed);
}

type Rule<P extends Primitive> = (
  operands: readonly Float64Array[],
  node: NodeOf<P>,
) => Float64Array;

const rules: { readonly [P in Exclude<Primitive, "input">]: Rule<P> } = {
  constant: (_, { attributes }) => Float64Array.from(attributes.data),
  stopGradient: ([x]) => x,
  neg: ([x]) => x.map((a) => -a),
  exp: ([x]) => x.map(Math.exp),
  log: ([x]) => x.map(Math.log),
  sqrt: ([x]) => x.map(Math.sqrt),
  sigmoid: ([x]) => x.map((a) => 1 / (1 + Math.exp(-a))),
  tanh: ([x]) => x.map(Math.tanh),
  erf: ([x]) => x.map(erf),
  hardSigmoid: ([x], { attributes: { alpha, beta } }) =>
    x.map((a) => Math.min(Math.max(alpha * a + beta, 0), 1)),
  softplus: ([x]) => x.map((a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)))),
  relu: ([x]) => x.map((a) => Math.max(a, 0)),
  clip: ([x], { attributes: { low, high } }) => x.map((a) => Math.min(Math.max(a, low), high)),
  equal: elementwise((a, b) => (a === b ? 1 : 0)),
  gate: (operands, node) => {
    const { above = 0, below = Infinity } = node.attributes;
    const open = (a: number, control: number) => (control > above && control < below ? a : 0);
    return elementwise(open)(operands, node);
  },
  rank: ([x], { shape }) => {
    const length = shape[shape.length - 1];
    const ranks = new Float64Array(x.length);
    for (let start = 0; start < x.length; start += length) {
      const order = Array.from({ length }, (_, i) => start + i).sort((i, j) => x[j] - x[i]);
      order.forEach((place, i) => {
        ranks[place] = i;
      });
    }
    return ranks;
  },
  add: elementwise((a, b) => a + b),
  sub: elementwise((a, b) => a - b),
  mul: elementwise((a, b) => a * b),
  div: elementwise((a, b) => a / b),
  sum: fold(0, (total, a) => total + a),
  max: fold(-Infinity, Math.max),
  reshape: ([x]) => x,
  broadcastTo: ([x], { inputs, shape }) => gather(x, broadcastOffsets(inputs[0].shape, shape)),
  transpose: ([x], { inputs, shape, attributes }) => {
    const strides = stridesOf(inputs[0].shape);
    return gather(
      x,
      offsets(
        shape,
        attributes.permutation.map((axis) => strides[axis]),
      ),
    );
  },
  slice: ([x], { inputs, shape, attributes }) =>
    gather(x, blockOffsets(shape, inputs[0].shape, attributes.starts)),
  pad: ([x], { inputs, shape, attributes }) => {
    const y = new Float64Array(sizeOf(shape));
    addAt(y, blockOffsets(inputs[0].shape, shape, attributes.before), x);
    return y;
  },
  concat: (parts, { inputs, shape, attributes: { axis } }) => {
    const y = new Float64Array(sizeOf(shape));
    let start = 0;
    parts.forEach((part, k) => {
      const block = inputs[k].shape;
      const starts = block.map((_, i) => (i === axis ? start : 0));
      addAt(y, blockOffsets(block, shape, starts), part);
      start += block[axis];
    });
    return y;
  },
  matmul: multiplyMatrices,
  conv: ([x, w], { inputs, shape, attributes }) => {
    const y = new Float64Array(sizeOf(shape));
    forEachConvTap(inputs[0].shape, inputs[1].shape, shape, attributes, (i, k, o) => {
      y[o] += x[i] * w[k];
    });
    return y;
  },
  convInputGrad: ([g, w], { inputs, shape, attributes }) => {
    const x = new Float64Array(sizeOf(shape));
    forEachConvTap(shape, inputs[1].shape, inputs[0].shape, attributes, (i, k, o) => {
      x[i] += g[o] * w[k];
    });
    return x;
  },
  convFilterGrad: ([x, g], { inputs, shape, attributes }) => {
    const w = new Float64Array(sizeOf(shape));
    forEachConvTap(inputs[0].shape, shape, inputs[1].shape, attributes, (i, k, o) => {
      w[k] += x[i] * g[o];
    });
    return w;
  },
  maxPool: ([x], { inputs, shape, attributes }) =>
    gather(x, poolWinners(x, inputs[0].shape, shape, attributes)),
  maxPoolScatter: ([g, x], { inputs, shape, attributes }) => {
    const y = new Float64Array(sizeOf(shape));
    addAt(y, poolWinners(x, shape, inputs[0].shape, attributes), g);
    return y;
  },
  maxPoolGather: ([values, x], { inputs, shape, attributes }) =>
    gather(values, poolWinners(x, inputs[1].shape, shape, attributes)),
};

/** The type parameter tells the compiler that the rule and the node are of the same primitive. */
function apply<P extends Exclude<Primitive, "input">>(
  node: NodeOf<P>,
  operands: readonly Float64Array[],
): Float64Array {
  return rules[node.op](operands, node);
}

function fedValue({ attributes: { name }, shape }: NodeOf<"input">, feeds: Feeds): Float64Array {
  if (!Object.hasOwn(feeds, name)) {
    throw new ShapeError(
      `interpret: feeds must hold every input; got none for "${name}" of shape ${formatShape(shape)}.`,
    );
  }
  if (feeds[name].length !== sizeOf(shape)) {
    throw new ShapeError(
      `interpret: the feed for "${name}" must have ${sizeOf(shape)} values for shape ${formatShape(shape)}; got ${feeds[name].length}.`,
    );
  }
  return Float64Array.from(feeds[name]);
}

/** yᵢ = x[placesᵢ]. */
function gather(x: Float64Array, places: Int32Array): Float64Array {
  return Float64Array.from(places, (place) => x[place]);
}

/** y[placesᵢ] += xᵢ. */
function addAt(y: Float64Array, places: Int32Array, x: Float64Array): void {
  places.forEach((place, i) => {
    y[place] += x[i];
  });
}

function elementwise(
  f: (a: number, b: number) => number,
): ([x, y]: readonly Float64Array[], node: NodeOf<Primitive>) => Float64Array {
  return ([x, y], { inputs, shape }) => {
    const xPlaces = broadcastOffsets(inputs[0].shape, shape);
    const yPlaces = broadcastOffsets(inputs[1].shape, shape);
    return Float64Array.from(xPlaces, (place, i) => f(x[place], y[yPlaces[i]]));
  };
}

/** Reductions keep their axes, so that the result broadcasts back to the operand's shape. */
function fold(
  initial: number,
  f: (total: number, a: number) => number,
): ([x]: readonly Float64Array[], node: NodeOf<Primitive>) => Float64Array {
  return ([x], { inputs, shape }) => {
    const y = new Float64Array(sizeOf(shape)).fill(initial);
    broadcastOffsets(shape, inputs[0].shape).forEach((place, i) => {
      y[place] = f(y[place], x[i]);
    });
    return y;
  };
}

function multiplyMatrices(
  [a, b]: readonly Float64Array[],
  { inputs, shape }: NodeOf<"matmul">,
): Float64Array {
  const y = new Float64Array(sizeOf(shape));
  const [rows, columns] = shape.slice(-2);
  const inner = inputs[0].shape[inputs[0].shape.length - 1];
  const leading = shape.slice(0, -2);
  const aBatches = broadcastOffsets(inputs[0].shape.slice(0, -2), leading);
  const bBatches = broadcastOffsets(inputs[1].shape.slice(0, -2), leading);
  for (let batch = 0; batch < aBatches.length; batch++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let total = 0;
        for (let k = 0; k < inner; k++) {
          total +=
            a[(aBatches[batch] * rows + i) * inner + k] *
            b[(bBatches[batch] * inner + k) * columns + j];
        }
        y[(batch * rows + i) * columns + j] = total;
      }
    }
  }
  return y;
}
