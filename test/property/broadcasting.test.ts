import fc from "fast-check";
import { expect, test } from "vitest";
import { add, broadcastTo, mul, sub, sum } from "../../src/graph/index.ts";
import { broadcastAxes, broadcastShapes, type Shape, sizeOf } from "../../src/shape.ts";
import { settings } from "./settings.ts";
import { broadcastablePair, tensorOf, valuesOf } from "./tensors.ts";

/** The index along each axis of the element at `place`, by the definition of row-major order. */
function indexOf(place: number, shape: Shape): number[] {
  return shape.map((dim, axis) => Math.floor(place / sizeOf(shape.slice(axis + 1))) % dim);
}

/** The element that an index of the broadcast result reads. */
function read(values: readonly number[], shape: Shape, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return values[
    own.reduce((place, i, axis) => place * shape[axis] + (shape[axis] === 1 ? 0 : i), 0)
  ];
}

const operands = broadcastablePair.chain(([a, b]) => fc.tuple(tensorOf(a), tensorOf(b)));

test("an element of a broadcast difference is the difference of the elements it stems from", () => {
  fc.assert(
    fc.property(operands, ([a, b]) => {
      const difference = sub(a, b);
      const [x, y] = [valuesOf(a), valuesOf(b)];
      expect(valuesOf(difference)).toEqual(
        Array.from({ length: sizeOf(difference.shape) }, (_, place) => {
          const index = indexOf(place, difference.shape);
          return read(x, a.shape, index) - read(y, b.shape, index);
        }),
      );
    }),
    settings,
  );
});

test("broadcasting operands first changes nothing", () => {
  fc.assert(
    fc.property(operands, ([a, b]) => {
      const shape = broadcastShapes("mul", a.shape, b.shape);
      const product = mul(broadcastTo(a, shape), broadcastTo(b, shape));
      expect(valuesOf(product)).toEqual(valuesOf(mul(a, b)));
    }),
    settings,
  );
});

test("the order of operands does not matter to the shape nor to a sum", () => {
  fc.assert(
    fc.property(operands, ([a, b]) => {
      expect(add(a, b).shape).toEqual(add(b, a).shape);
      expect(valuesOf(add(a, b))).toEqual(valuesOf(add(b, a)));
    }),
    settings,
  );
});

test("summing over the stretched axes multiplies by their length", () => {
  fc.assert(
    fc.property(operands, ([a, b]) => {
      const shape = broadcastShapes("add", a.shape, b.shape);
      const axes = broadcastAxes(a.shape, shape);
      const folded = sum(broadcastTo(a, shape), axes);
      const repeats = sizeOf(shape) / sizeOf(a.shape);
      expect(valuesOf(folded)).toEqual(valuesOf(mul(a, repeats)));
    }),
    settings,
  );
});
