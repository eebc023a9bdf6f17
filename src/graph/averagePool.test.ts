import { describe, expect, test } from "vitest";
import { Random } from "../random.ts";
import { ShapeError } from "../shape.ts";
import {
  type AveragePoolOptions,
  averagePool,
  constant,
  input,
  interpret,
  type Node,
} from "./index.ts";

const valuesOf = (node: Node): number[] => Array.from(interpret([node], {})[0]);

test("divides by the size of the window at the borders too", () => {
  const x = constant([9, 0, 0, 0, 0, 0, 0, 0, 18], [1, 1, 3, 3]);
  expect(valuesOf(averagePool(x, { kernel: 3, padding: 1 }))).toEqual(
    [1, 1, 0, 1, 3, 2, 0, 2, 2].map((value) => expect.closeTo(value, 14)),
  );
});

test("or by the number of places inside the image", () => {
  const x = constant([9, 0, 0, 0, 0, 0, 0, 0, 18], [1, 1, 3, 3]);
  const values = valuesOf(averagePool(x, { kernel: 3, padding: 1, countsPadding: false }));
  expect(values).toEqual(
    [9 / 4, 9 / 6, 0, 9 / 6, 3, 18 / 6, 0, 18 / 6, 18 / 4].map((value) =>
      expect.closeTo(value, 14),
    ),
  );
});

test("without padding leaves the places whose window is whole", () => {
  const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
  expect(averagePool(x, { kernel: 2 }).shape).toEqual([1, 2]);
  expect(valuesOf(averagePool(x, { kernel: 2 }))).toEqual([3, 4]);
});

test("of a window that meets no place of the image is 0", () => {
  const x = constant([1, 2, 3, 4], [1, 1, 2, 2]);
  const options = { kernel: 1, padding: [1, 0, 0, 0], countsPadding: false } as const;
  expect(valuesOf(averagePool(x, options))).toEqual([0, 0, 1, 2, 3, 4]);
  expect(valuesOf(averagePool(x, { ...options, stride: 2 }))).toEqual([0, 3]);
});

/** [N, C, H, W] by the definition: loops over places, windows and taps. */
function pooled(
  x: ArrayLike<number>,
  [height, width]: readonly [number, number],
  { kernel, stride, pads, dilation, countsPadding }: Required<PlainOptions>,
): number[] {
  const size = [height, width].map((length, axis) =>
    Math.floor(
      (length + pads[axis] + pads[axis + 2] - dilation[axis] * (kernel[axis] - 1) - 1) /
        stride[axis] +
        1,
    ),
  );
  const means: number[] = [];
  for (let plane = 0; plane < x.length; plane += height * width) {
    for (let i = 0; i < size[0]; i++) {
      for (let j = 0; j < size[1]; j++) {
        let [total, inside] = [0, 0];
        for (let u = 0; u < kernel[0]; u++) {
          for (let v = 0; v < kernel[1]; v++) {
            const row = i * stride[0] + u * dilation[0] - pads[0];
            const column = j * stride[1] + v * dilation[1] - pads[1];
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            total += x[plane + row * width + column];
            inside++;
          }
        }
        means.push(total / (countsPadding ? kernel[0] * kernel[1] : inside));
      }
    }
  }
  return means;
}

interface PlainOptions {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilation: readonly [number, number];
  readonly countsPadding: boolean;
}

const plain: PlainOptions = {
  kernel: [3, 3],
  stride: [1, 1],
  pads: [0, 0, 0, 0],
  dilation: [1, 1],
  countsPadding: true,
};

const windows: readonly (readonly [string, Partial<PlainOptions>])[] = [
  ["3x3", {}],
  ["3x2, padded on four sides", { kernel: [3, 2], pads: [1, 0, 2, 1] }],
  ["3x3, stride 2, padded", { stride: [2, 2], pads: [1, 1, 1, 1] }],
  ["2x2 side by side", { kernel: [2, 2], stride: [2, 2] }],
  ["1x3, unequal strides, last places dropped", { kernel: [1, 3], stride: [3, 2] }],
  ["dilated, padded", { kernel: [2, 3], dilation: [3, 2], pads: [2, 1, 0, 2] }],
  ["dilated, strided", { kernel: [2, 2], dilation: [2, 3], stride: [2, 1], pads: [1, 1, 1, 1] }],
  ["stride beyond the kernel", { kernel: [2, 1], stride: [3, 2], pads: [1, 0, 1, 0] }],
];

describe.each([true, false])("with padded places counted: %s", (countsPadding) => {
  test.each(windows)("%s: is what loops compute", (_, options) => {
    const { pads, ...window } = { ...plain, ...options, countsPadding };
    const random = new Random(3);
    const data = Float64Array.from({ length: 2 * 3 * 7 * 9 }, () => random.normal());
    const poolOptions: AveragePoolOptions = { ...window, padding: pads };
    const expected = pooled(data, [7, 9], { ...window, pads });
    const close = expected.map((value) => expect.closeTo(value, 13));
    expect(valuesOf(averagePool(constant(data, [2, 3, 7, 9]), poolOptions))).toEqual(close);
    expect(valuesOf(averagePool(constant(data, [6, 7, 9]), poolOptions))).toEqual(close);
  });
});

test("is a convolution of each channel where it takes larger steps", () => {
  const x = input("x", [2, 3, 8, 8]);
  expect(averagePool(x, { kernel: 2, stride: 2 }).op).toBe("conv");
  expect(averagePool(x, { kernel: 3, padding: 1 }).op).toBe("matmul");
});

test("refuses what its window does not fit", () => {
  const rule = "averagePool: x must be [..., H, W], at least as large as the window; got";
  const x = constant([1, 2, 3, 4], [2, 2]);
  expect(() => averagePool(x, { kernel: 3 })).toThrow(
    new ShapeError(`${rule} [2, 2], kernel [3, 3], padding [0, 0, 0, 0].`),
  );
  expect(() => averagePool(constant([1, 2]), { kernel: [1, 2], padding: 1 })).toThrow(
    new ShapeError(`${rule} [2], kernel [1, 2], padding [1, 1, 1, 1].`),
  );
  expect(() => averagePool(x, { kernel: 0 })).toThrow(
    new ShapeError("averagePool: kernel must be integers of at least 1; got [0, 0]."),
  );
});
