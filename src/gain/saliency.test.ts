import { expect, test } from "vitest";
import { constant, input, interpret, mean, mul, reshape } from "../graph/index.ts";
import { initialParameters, smallnet, squeezenet, vgg16 } from "../nn/index.ts";
import { Random } from "../random.ts";
import { ShapeError } from "../shape.ts";
import { saliency, saliencyLayerOf } from "./saliency.ts";

test("is the largest absolute derivative over the channels", () => {
  // Logits [1, 1]: the mean of f times known factors, so that the derivative is factor / 4.
  const f = input("f", [1, 2, 1, 2]);
  const factors = constant([1, -8, -4, 2], [1, 2, 1, 2]);
  const logits = reshape(mean(mul(f, factors)), [1, 1]);
  const map = saliency(
    { logits, layers: new Map([["layer", { node: f, toGrid: (x) => x }]]) },
    "layer",
  );
  expect(map.shape).toEqual([1, 1, 1, 2]);
  const [values] = interpret([map], { f: [3, 5, 7, 9] });
  expect([...values]).toEqual([1, 2]);
});

test("pictures of a batch do not meet", () => {
  const model = smallnet({ classes: 2, inputSize: 16 });
  const random = new Random(4);
  const parameters = [...initialParameters(model, random)].map(
    ([name, { data }]) => [name, data] as const,
  );
  const pictures = [0, 1].map(() => Array.from({ length: 3 * 16 ** 2 }, () => random.normal()));
  const mapOf = (batch: readonly number[][]): number[] => {
    const images = input("images", [batch.length, 3, 16, 16]);
    const map = saliency(model.forward(images), saliencyLayerOf(model));
    const [values] = interpret([map], { ...Object.fromEntries(parameters), images: batch.flat() });
    return [...values];
  };
  const together = mapOf(pictures);
  expect(together.length).toBe(2 * 4 ** 2);
  expect(together).toEqual(pictures.flatMap((picture) => mapOf([picture])));
  expect(Math.min(...together)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...together)).toBeGreaterThan(0);
});

test("every model has a layer for it by default, and others the one half-way through", () => {
  for (const model of [smallnet, squeezenet, vgg16].map((create) =>
    create({ classes: 2, inputSize: 32 }),
  )) {
    expect(model.layers).toContain(saliencyLayerOf(model));
  }
  expect(saliencyLayerOf({ name: "other", layers: ["a", "b", "c"] })).toBe("b");
});

test("an unknown layer is refused with those that there are", () => {
  const model = smallnet({ classes: 2, inputSize: 16 });
  const forward = model.forward(input("images", [1, 3, 16, 16]));
  expect(() => saliency(forward, "conv9")).toThrow(
    new ShapeError(
      'saliency: layer must be one of conv1, conv2, conv3, conv4, conv5, conv6, head; got "conv9".',
    ),
  );
});
