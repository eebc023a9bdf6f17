import { describe, expect, test } from "vitest";
import { encodeOnnx, type OnnxModel } from "../onnx/index.ts";
import { Random } from "../random.ts";
import { Machine } from "../runtime/index.ts";
import { ShapeError } from "../shape.ts";
import {
  constant,
  input,
  interpret,
  type Node,
  type ResizeOptions,
  resize,
  resizeBilinear,
} from "./index.ts";

const valuesOf = (node: Node): number[] => Array.from(interpret([node], {})[0]);

describe("resizeBilinear", () => {
  test("interpolates at half-pixel centres and repeats the edges", () => {
    const row = constant([0, 4], [1, 2]);
    expect(valuesOf(resizeBilinear(row, [1, 4]))).toEqual([0, 1, 3, 4]);
    expect(valuesOf(resizeBilinear(row, [2, 2]))).toEqual([0, 4, 0, 4]);
  });

  test("shrinks without antialiasing", () => {
    expect(valuesOf(resizeBilinear(constant([0, 1, 2, 3, 4, 5, 6, 7], [1, 8]), [1, 2]))).toEqual([
      1.5, 5.5,
    ]);
  });
});

test("an axis that keeps its size is left alone, unless its scale says otherwise", () => {
  const x = input("x", [1, 2, 4, 5]);
  expect(resize(x, [4, 5], { mode: "cubic" })).toBe(x);
  expect(resize(x, [4, 5], { mode: "linear", scales: [1.2, 1] })).not.toBe(x);
});

test("refuses a vector and sizes that are none", () => {
  const rule = "resize: x must have at least two axes, and size be positive integers; got";
  expect(() => resizeBilinear(constant([1, 2]), [1, 4])).toThrow(
    new ShapeError(`${rule} [2] and [1, 4].`),
  );
  expect(() => resize(input("x", [2, 2]), [0, 2.5], { mode: "nearest" })).toThrow(
    new ShapeError(`${rule} [2, 2] and [0, 2.5].`),
  );
});

const sizes: readonly (readonly [
  from: readonly [number, number],
  to: readonly [number, number],
])[] = [
  [
    [4, 5],
    [8, 15],
  ],
  [
    [6, 3],
    [14, 7],
  ],
  [
    [14, 9],
    [6, 4],
  ],
  [
    [5, 8],
    [1, 4],
  ],
  [
    [1, 7],
    [3, 7],
  ],
  [
    [3, 10],
    [10, 3],
  ],
];

const modes: readonly ResizeOptions[] = (
  ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"] as const
).flatMap((coordinates) => [
  { mode: "linear" as const, coordinates },
  { mode: "cubic" as const, coordinates },
  { mode: "cubic" as const, coordinates, cubicCoefficient: -0.5 },
  ...(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const).map((nearestMode) => ({
    mode: "nearest" as const,
    coordinates,
    nearestMode,
  })),
]);

/** One Resize node for each case, of images [1, 2, H, W] called x0, x1, …, as ONNX Runtime has it. */
function resizeModel(
  options: ResizeOptions,
  scaled: readonly (readonly [number, number] | undefined)[],
): OnnxModel {
  const { mode, coordinates = "", nearestMode = "", cubicCoefficient = -0.75 } = options;
  const attributes = {
    mode: { string: mode },
    coordinate_transformation_mode: { string: coordinates },
    cubic_coeff_a: { float: cubicCoefficient },
    ...(mode === "nearest" && { nearest_mode: { string: nearestMode } }),
  };
  return {
    opset: 18,
    irVersion: 8,
    producer: "test",
    metadata: {},
    graph: {
      name: "resize",
      inputs: sizes.map(([from], i) => ({
        name: `x${i}`,
        type: "float32",
        shape: [1, 2, ...from],
      })),
      outputs: sizes.map(([, to], i) => ({ name: `y${i}`, type: "float32", shape: [1, 2, ...to] })),
      nodes: sizes.map((_, i) => ({
        op: "Resize",
        name: `Resize${i}`,
        inputs: scaled[i] === undefined ? [`x${i}`, "", "", `size${i}`] : [`x${i}`, "", `size${i}`],
        outputs: [`y${i}`],
        attributes,
      })),
      initializers: sizes.map(([, to], i) => {
        const scales = scaled[i];
        const rest = { name: `size${i}`, shape: [4] };
        return scales === undefined
          ? { ...rest, type: "int64", data: BigInt64Array.from([1, 2, ...to], BigInt) }
          : { ...rest, type: "float32", data: Float32Array.of(1, 1, ...scales) };
      }),
    },
  };
}

/** A scale that leads to this size, and not the one that it has without. */
const oddScales = sizes.map(
  ([from, to]) => from.map((n, axis) => (to[axis] + 0.4) / n) as [number, number],
);

describe.each([
  ["sizes", sizes.map(() => undefined)],
  ["scales", oddScales],
] as const)("told by %s", (_, scaled) => {
  test.each(modes)(
    "$mode, $coordinates $nearestMode $cubicCoefficient is ONNX Runtime's",
    async (options) => {
      const random = new Random(7);
      const feeds = Object.fromEntries(
        sizes.map(([[height, width]], i) => [
          `x${i}`,
          Float32Array.from({ length: 2 * height * width }, () => random.normal()),
        ]),
      );
      const machine = new Machine({ device: "cpu", threads: 1 });
      const model = resizeModel(options, scaled);
      const program = await machine.load({
        model: encodeOnnx(model),
        inputs: sizes.map(([from], i) => ({ name: `x${i}`, shape: [1, 2, ...from] })),
        cpuOnly: [],
        outputs: sizes.map((_size, i) => `y${i}`),
        updates: [],
      });
      const results = await machine.run(program, new Map(Object.entries(feeds)));
      await machine.close();
      sizes.forEach(([from, to], i) => {
        const scales = scaled[i];
        const x = input(`x${i}`, [1, 2, ...from]);
        const [values] = interpret(
          [resize(x, to, { ...options, ...(scales !== undefined && { scales }) })],
          feeds,
        );
        const found = Array.from(results.get(`y${i}`)?.data ?? []);
        // float32 holds 6e-8 of coordinates of up to 14, and of values of up to 4.
        expect(found, `${from} to ${to}`).toEqual([...values].map((v) => expect.closeTo(v, 5)));
      });
    },
  );
});
