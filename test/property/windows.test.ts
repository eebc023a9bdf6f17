import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type ConvWindow,
  conv,
  convFilterGrad,
  convInputGrad,
  convOutputSize,
  maxPool,
  maxPoolGather,
  maxPoolScatter,
  type Node,
} from "../../src/graph/index.ts";
import { type Shape, stridesOf } from "../../src/shape.ts";
import { settings } from "./settings.ts";
import { innerProduct, tensorOf, valuesOf } from "./tensors.ts";

const small = (max: number) => fc.integer({ min: 1, max });
const pads = (max: number) => fc.tuple(fc.nat(max), fc.nat(max), fc.nat(max), fc.nat(max));

interface Convolution {
  readonly window: ConvWindow;
  readonly x: Node;
  readonly w: Node;
  readonly g: Node;
}

/** An image, a filter and a cotangent that fit a random window. */
const convolution: fc.Arbitrary<Convolution> = fc
  .record({
    strides: fc.tuple(small(3), small(3)),
    pads: pads(2),
    dilations: fc.tuple(small(2), small(2)),
    groups: small(2),
    images: small(2),
    channels: small(2),
    filters: small(2),
    kernel: fc.tuple(small(3), small(3)),
    size: fc.tuple(fc.integer({ min: 5, max: 7 }), fc.integer({ min: 5, max: 7 })),
  })
  .chain(({ strides, pads, dilations, groups, images, channels, filters, kernel, size }) => {
    const window = { strides, pads, dilations, groups };
    const x = [images, groups * channels, ...size];
    const w = [groups * filters, channels, ...kernel];
    const y = [images, groups * filters, ...convOutputSize(x, kernel, window)];
    return fc.record({
      window: fc.constant(window),
      x: tensorOf(x),
      w: tensorOf(w),
      g: tensorOf(y),
    });
  });

const convOf = ({ x, w, window }: Convolution): Node =>
  conv(x, w, {
    stride: window.strides,
    padding: window.pads,
    dilation: window.dilations,
    groups: window.groups,
  });

test("conv is the sum that defines it", () => {
  fc.assert(
    fc.property(convolution, (c) => {
      const y = convOf(c);
      expect(valuesOf(y)).toEqual(naiveConv(c, y.shape));
    }),
    settings,
  );
});

test("conv and its derivatives are adjoint: ⟨conv(x,w), g⟩ = ⟨x, convInputGrad(g,w)⟩ = ⟨w, convFilterGrad(x,g)⟩", () => {
  fc.assert(
    fc.property(convolution, (c) => {
      const { x, w, g, window } = c;
      const product = innerProduct(valuesOf(convOf(c)), valuesOf(g));
      const dx = convInputGrad(g, w, window, x.shape);
      const dw = convFilterGrad(x, g, window, w.shape);
      expect(innerProduct(valuesOf(x), valuesOf(dx))).toBe(product);
      expect(innerProduct(valuesOf(w), valuesOf(dw))).toBe(product);
    }),
    settings,
  );
});

const pooling = fc
  .record({
    kernel: small(3),
    stride: small(3),
    padding: pads(2),
    x: tensorOf([2, 2, 5, 6]),
    v: tensorOf([2, 2, 5, 6]),
  })
  .map((pool) => ({
    ...pool,
    padding: pool.padding.map((n) => Math.min(n, pool.kernel - 1)) as typeof pool.padding,
  }));

test("maxPool, its scatter and its gather agree, ties included", () => {
  fc.assert(
    fc.property(pooling, fc.gen(), ({ x, v, ...options }, gen) => {
      const y = maxPool(x, options);
      if (y.op !== "maxPool") throw new Error(`internal: maxPool made a node of ${y.op}.`);
      const g = gen(tensorOf, y.shape);
      const scattered = valuesOf(maxPoolScatter(g, x, y.attributes));
      const gathered = valuesOf(maxPoolGather(v, x, y.attributes, y.shape));
      expect(innerProduct(gathered, valuesOf(g))).toBe(innerProduct(valuesOf(v), scattered));
      expect(valuesOf(maxPoolGather(x, x, y.attributes, y.shape))).toEqual(valuesOf(y));
    }),
    settings,
  );
});

/** y[n,o,i,j] = Σ x[n, c, i·s+u·d−p, j·s+v·d−p] · w[o,c,u,v], with zeros outside of x. */
function naiveConv({ x, w, window }: Convolution, shape: Shape): number[] {
  const { strides, pads, dilations, groups } = window;
  const [a, b] = [valuesOf(x), valuesOf(w)];
  const at = (values: readonly number[], dims: Shape, index: readonly number[]): number =>
    index.every((i, axis) => i >= 0 && i < dims[axis])
      ? values[innerProduct(index, stridesOf(dims))]
      : 0;
  const [images, filters, rows, columns] = shape.map((dim) => [...Array(dim).keys()]);
  const [, channels, heights, widths] = w.shape.map((dim) => [...Array(dim).keys()]);
  const sumOver = (indices: readonly number[], term: (index: number) => number): number =>
    indices.reduce((total, index) => total + term(index), 0);
  return images.flatMap((n) =>
    filters.flatMap((o) =>
      rows.flatMap((i) =>
        columns.map((j) =>
          sumOver(channels, (c) =>
            sumOver(heights, (u) =>
              sumOver(widths, (v) => {
                const group = Math.floor(o / (filters.length / groups));
                const place = [
                  n,
                  group * channels.length + c,
                  i * strides[0] + u * dilations[0] - pads[0],
                  j * strides[1] + v * dilations[1] - pads[1],
                ];
                return at(a, x.shape, place) * at(b, w.shape, [o, c, u, v]);
              }),
            ),
          ),
        ),
      ),
    ),
  );
}
