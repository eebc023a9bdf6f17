import { expect, test } from "vitest";
import { constant, interpret } from "../graph/index.ts";
import { initialParameters, smallnet } from "../nn/index.ts";
import { Random } from "../random.ts";
import { attend } from "./attend.ts";
import { attentionFeatures, attentionMap, normalizeMap } from "./attention.ts";

test("gives every class the map that it has alone", () => {
  const model = smallnet({ classes: 3, inputSize: 16 });
  const { images, logits, maps } = attend(model, 2);
  expect(logits.shape).toEqual([2, 3]);
  expect(maps.shape).toEqual([3, 2, 2, 2]);

  const forward = model.forward(images);
  const features = attentionFeatures(forward, model.attentionLayer);
  const alone = [0, 1, 2].map((c) => {
    const chosen = constant(
      [0, 1, 2].map((k) => (k === c ? 1 : 0)),
      [1, 3],
    );
    const map = attentionMap(features, forward.logits, chosen, { weightGradient: true });
    return normalizeMap(map, { normalization: "max", normalizationGradient: true });
  });

  const random = new Random(3);
  const parameters = [...initialParameters(model, random)].map(
    ([name, { data }]) => [name, data] as const,
  );
  const feeds = {
    ...Object.fromEntries(parameters),
    images: Array.from({ length: 2 * 3 * 16 ** 2 }, () => random.normal()),
  };
  const [together, ...singly] = interpret([maps, ...alone], feeds);
  expect([...together]).toEqual(singly.flatMap((map) => [...map]));
  expect(Math.max(...together)).toBeCloseTo(1, 4);
});

test("takes another layer by name", () => {
  const model = smallnet({ classes: 2, inputSize: 16 });
  expect(attend(model, 1, "conv2").maps.shape).toEqual([2, 1, 8, 8]);
});
