import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, type Node, pad, reshape, slice, transpose } from "../../src/graph/index.ts";
import { sizeOf } from "../../src/shape.ts";
import { settings } from "./settings.ts";
import { innerProduct, tensor, tensorOf, valuesOf } from "./tensors.ts";

const permuted = tensor.chain((x) =>
  fc.tuple(fc.constant(x), fc.shuffledSubarray([...x.shape.keys()], { minLength: x.shape.length })),
);

/** A tensor and a block inside it: where it starts and its shape. */
const withBlock: fc.Arbitrary<readonly [Node, number[], number[]]> = tensor.chain((x) =>
  fc
    .tuple(...x.shape.map((dim) => fc.tuple(fc.nat(dim - 1), fc.nat(dim - 1))))
    .map((ends) => [
      x,
      ends.map(([a, b]) => Math.min(a, b)),
      ends.map(([a, b]) => Math.abs(a - b) + 1),
    ]),
);

test("reshape there and back is nothing, and any reshape keeps the order", () => {
  fc.assert(
    fc.property(tensor, (x) => {
      const flat = reshape(x, [-1]);
      expect(valuesOf(flat)).toEqual(valuesOf(x));
      expect(reshape(flat, x.shape).shape).toEqual(x.shape);
      expect(valuesOf(reshape(flat, x.shape))).toEqual(valuesOf(x));
    }),
    settings,
  );
});

test("transpose followed by its inverse is nothing", () => {
  fc.assert(
    fc.property(permuted, ([x, permutation]) => {
      const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
      const back = transpose(transpose(x, permutation), inverse);
      expect(back.shape).toEqual(x.shape);
      expect(valuesOf(back)).toEqual(valuesOf(x));
    }),
    settings,
  );
});

test("slice takes back what pad has put in", () => {
  fc.assert(
    fc.property(withBlock, fc.gen(), ([whole, starts, shape], gen) => {
      const block = gen(tensorOf, shape);
      const padded = pad(block, starts, whole.shape);
      expect(valuesOf(slice(padded, starts, shape))).toEqual(valuesOf(block));
    }),
    settings,
  );
});

test("slice and pad are adjoint: ⟨slice(x), y⟩ = ⟨x, pad(y)⟩", () => {
  fc.assert(
    fc.property(withBlock, fc.gen(), ([x, starts, shape], gen) => {
      const y = gen(tensorOf, shape);
      expect(innerProduct(valuesOf(slice(x, starts, shape)), valuesOf(y))).toBe(
        innerProduct(valuesOf(x), valuesOf(pad(y, starts, x.shape))),
      );
    }),
    settings,
  );
});

test("concat of the slices along an axis is the whole", () => {
  fc.assert(
    fc.property(
      tensor.filter((x) => x.shape.length > 0),
      fc.nat(),
      (x, seed) => {
        const axis = seed % x.shape.length;
        const parts = Array.from({ length: x.shape[axis] }, (_, at) =>
          slice(
            x,
            x.shape.map((_dim, i) => (i === axis ? at : 0)),
            x.shape.map((dim, i) => (i === axis ? 1 : dim)),
          ),
        );
        const joined = concat(parts, axis);
        expect(sizeOf(joined.shape)).toBe(sizeOf(x.shape));
        expect(valuesOf(joined)).toEqual(valuesOf(x));
      },
    ),
    settings,
  );
});
