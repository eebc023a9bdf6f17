/** Arithmetic on shapes, indices and conditions: operators whose operands are all known. */
import { broadcastOffsets } from "../../../graph/index.ts";
import { broadcastShapes, normalizeAxis, sizeOf } from "../../../shape.ts";
import type { OperatorCall } from "../call.ts";
import { kindOf, numbersOf } from "../elements.ts";
import type { ElementKind, FoldRule, KnownTensor } from "../types.ts";
import { floatTypes } from "./elementwise.ts";

const isInteger = (operands: readonly KnownTensor[]): boolean =>
  operands.every(({ kind }) => kind !== "float");

const elementwise =
  (f: (a: number, b: number, isInteger: boolean) => number, kind?: ElementKind): FoldRule =>
  ([a, b], { node }) => {
    const shape = broadcastShapes(node.op, a.shape, b.shape);
    const aPlaces = broadcastOffsets(a.shape, shape);
    const bPlaces = broadcastOffsets(b.shape, shape);
    const integers = isInteger([a, b]);
    const data = Float64Array.from(aPlaces, (place, i) =>
      f(a.data[place], b.data[bPlaces[i]], integers),
    );
    return { shape, data, kind: kind ?? a.kind };
  };

const unary =
  (f: (a: number) => number, kind?: ElementKind): FoldRule =>
  ([x]) => ({ shape: x.shape, data: x.data.map(f), kind: kind ?? x.kind });

const truth = (f: (a: number, b: number) => boolean): FoldRule =>
  elementwise((a, b) => (f(a, b) ? 1 : 0), "boolean");

/** Integers are divided towards zero. */
const divide = (a: number, b: number, integers: boolean): number =>
  integers ? Math.trunc(a / b) : a / b;

/** The sign of the divisor, as Python has it, or with fmod that of the dividend. */
const remainder: FoldRule = (operands, call) => {
  const isFmod = call.int("fmod", 0) === 1;
  return elementwise((a, b) => (isFmod ? a % b : a - b * Math.floor(a / b)))(operands, call);
};

const range: FoldRule = ([start, limit, delta]) => {
  const [from, to, step] = [start.data[0], limit.data[0], delta.data[0]];
  const length = Math.max(0, Math.ceil((to - from) / step));
  const data = Float64Array.from({ length }, (_, i) => from + i * step);
  return { shape: [length], data, kind: start.kind };
};

const constantOfShape: FoldRule = ([shape], { node }) => {
  const { value } = node.attributes;
  const tensor = value !== undefined && "tensor" in value ? value.tensor : undefined;
  const dims = [...shape.data];
  return {
    shape: dims,
    data: new Float64Array(sizeOf(dims)).fill(tensor === undefined ? 0 : numbersOf(tensor)[0]),
    kind: tensor === undefined ? "float" : kindOf(tensor.type),
  };
};

const cast: FoldRule = ([x], call) => {
  const to = call.int("to", 1);
  const boolean = 9;
  if (to === boolean) return { ...x, data: x.data.map((a) => (a === 0 ? 0 : 1)), kind: "boolean" };
  if (floatTypes.has(to)) return { ...x, kind: "float" };
  return { ...x, data: x.data.map(Math.trunc), kind: "integer" };
};

const roundToEven = (a: number): number => {
  const rounded = Math.round(a);
  return Math.abs(a % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
};

/** Places that are not zero: [rank, count]. */
const nonZero: FoldRule = ([x]) => {
  const places = [...x.data.keys()].filter((place) => x.data[place] !== 0);
  const rows = x.shape.map((dim, axis) => {
    const stride = sizeOf(x.shape.slice(axis + 1));
    return places.map((place) => Math.floor(place / stride) % dim);
  });
  return {
    shape: [x.shape.length, places.length],
    data: Float64Array.from(rows.flat()),
    kind: "integer",
  };
};

/** Product along axes: sizes are made so of shapes. */
const reduceProd: FoldRule = ([x, axesOperand], call) => {
  const listed = call.ints("axes") ?? (axesOperand && [...axesOperand.data]);
  const axes = (listed ?? x.shape.map((_, axis) => axis)).map((axis) =>
    normalizeAxis(call.node.op, axis, x.shape),
  );
  const kept = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const data = new Float64Array(sizeOf(kept)).fill(1);
  broadcastOffsets(kept, x.shape).forEach((place, i) => {
    data[place] *= x.data[i];
  });
  const shape =
    call.int("keepdims", 1) === 1 ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return { shape, data, kind: x.kind };
};

/** Where operands are known; of these, those that are no tensor arithmetic have no other rule. */
export const foldRules: Readonly<Record<string, FoldRule>> = {
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Div: elementwise(divide),
  Mod: remainder,
  Range: range,
  ConstantOfShape: constantOfShape,
  Cast: cast,
  CastLike: ([x, like]) => ({
    ...x,
    data: like.kind === "integer" ? x.data.map(Math.trunc) : x.data,
    kind: like.kind,
  }),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(roundToEven),
  Sign: unary(Math.sign),
  Not: unary((a) => (a === 0 ? 1 : 0), "boolean"),
  And: truth((a, b) => a !== 0 && b !== 0),
  Or: truth((a, b) => a !== 0 || b !== 0),
  Xor: truth((a, b) => (a !== 0) !== (b !== 0)),
  Equal: truth((a, b) => a === b),
  Less: truth((a, b) => a < b),
  LessOrEqual: truth((a, b) => a <= b),
  Greater: truth((a, b) => a > b),
  GreaterOrEqual: truth((a, b) => a >= b),
  NonZero: nonZero,
  ReduceProd: reduceProd,
};

/** Values that are told by shapes alone, whatever the elements are. */
export const shapeRules: Readonly<Record<string, (call: OperatorCall) => KnownTensor>> = {
  Shape: (call) => {
    const { shape } = call.tensor(0);
    const end = call.int("end", shape.length);
    const dims = shape.slice(call.int("start", 0), end);
    return { shape: [dims.length], data: Float64Array.from(dims), kind: "integer" };
  },
  Size: (call) => ({
    shape: [],
    data: Float64Array.of(sizeOf(call.tensor(0).shape)),
    kind: "integer",
  }),
};
