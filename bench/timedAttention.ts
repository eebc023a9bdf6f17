/** The inference of attention maps that is timed. */
import { attentionFeatures, attentionMap, normalizeMap } from "../src/gain/index.ts";
import { input } from "../src/graph/index.ts";
import { initialParameters } from "../src/nn/index.ts";
import { Random } from "../src/random.ts";
import { timedModel } from "./models.ts";
import { noise, oneHot, type TimedStep } from "./timed.ts";

/** Logits and the attention map of one class of each image, on noise. */
export function timedAttention(name: string, batchSize: number): TimedStep {
  const random = new Random(0);
  const model = timedModel(name);
  const images = input("images", [batchSize, 3, model.inputSize, model.inputSize]);
  const chosen = input("chosen", [batchSize, model.classes]);
  const forward = model.forward(images);
  const features = attentionFeatures(forward, model.attentionLayer);
  const map = attentionMap(features, forward.logits, chosen, { weightGradient: false });
  const maps = normalizeMap(map, { normalization: "max", normalizationGradient: false });
  const fed = new Map([
    ["images", noise(images.shape, random)],
    ["chosen", oneHot(batchSize, model.classes)],
  ]);
  return {
    parts: [{ computation: { outputs: { logits: forward.logits, maps } }, feeds: () => fed }],
    state: new Map(initialParameters(model, random)),
  };
}
