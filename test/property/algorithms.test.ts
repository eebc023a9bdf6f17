import fc from "fast-check";
import { expect, test } from "vitest";
import { interpret } from "../../src/graph/index.ts";
import { algorithmsFor, convProblems } from "../../src/onnx/index.ts";
import { runOnce } from "../../src/runtime/index.ts";
import type { Shape } from "../../src/shape.ts";
import { convolutionOf, feedsOf } from "../convolutions.ts";
import { settings } from "./settings.ts";

const small = (max: number) => fc.integer({ min: 1, max });

/** Shapes of an image and a filter in groups, and a window that fits. */
const convolution = fc
  .record({
    stride: fc.tuple(small(3), small(3)),
    padding: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)),
    dilation: fc.tuple(small(3), small(3)),
    groups: small(4),
    images: small(3),
    channels: small(2),
    filters: small(2),
    kernel: fc.tuple(small(4), small(4)),
    beyond: fc.tuple(fc.nat(6), fc.nat(6)),
  })
  .map(({ groups, images, channels, filters, kernel, beyond, ...window }) => {
    const { padding, dilation } = window;
    const size = kernel.map((places, axis) => {
      const reach = dilation[axis] * (places - 1) + 1;
      return Math.max(1, reach - padding[axis] - padding[axis + 2]) + beyond[axis];
    });
    const x: Shape = [images, groups * channels, ...size];
    const w: Shape = [groups * filters, channels, ...kernel];
    return { x, w, options: { ...window, groups } };
  });

/** On these examples the largest error of an element is 2.1e-6. */
const tolerance = 1e-5;

test("every algorithm that can compute a convolution or a derivative gives the same", async () => {
  await fc.assert(
    fc.asyncProperty(convolution, async ({ x, w, options }) => {
      for (const node of Object.values(convolutionOf(x, w, options))) {
        const [[key, problem]] = convProblems([node]);
        const feeds = feedsOf(node);
        const expected = interpret([node], feeds)[0];
        for (const algorithm of algorithmsFor(problem)) {
          const results = await runOnce({ y: node }, feeds, new Map([[key, algorithm]]));
          const actual = results.get("y")?.data ?? [];
          expect(actual).toHaveLength(expected.length);
          expected.forEach((value, i) => {
            expect(Math.abs(actual[i] - value), `${key} by ${algorithm}`).toBeLessThan(tolerance);
          });
        }
      }
    }),
    settings,
  );
});
