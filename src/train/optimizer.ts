/** Optimisers as graphs: the next value of every parameter and of what they remember. */
import { add, div, input, mul, type Node, sqrt, sub } from "../graph/index.ts";
import type { Parameter } from "../nn/index.ts";
import type { Shape } from "../shape.ts";

export type OptimizerOptions =
  | {
      readonly kind: "sgd";
      /** Where the rate enters: when the parameter moves (PyTorch), or in the velocity (Caffe). */
      readonly form?: "pytorch" | "caffe";
      readonly momentum: number;
      /** λ of an L2 penalty on weights; biases do not decay. */
      readonly weightDecay: number;
    }
  | {
      readonly kind: "adam";
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    };

export interface Update {
  /** Next value of parameters and slots, by state name. */
  readonly updates: Readonly<Record<string, Node>>;
  /** What the optimiser remembers beside the parameters; starts as zeros. */
  readonly slots: readonly { readonly name: string; readonly shape: Shape }[];
}

/** Learning rate of a parameter's group, a scalar that each run is fed. */
const rates = { body: input("bodyRate", [1]), head: input("headRate", [1]) };
/** 1 / (1 − β₁ᵗ) and 1 / √(1 − β₂ᵗ): Adam's corrections of its start at zero. */
const corrections = {
  first: input("firstCorrection", [1]),
  second: input("secondCorrection", [1]),
};

/**
 * SGD with momentum, or Adam (Kingma & Ba 2015, algorithm 1), where g is the gradient plus λ p:
 *
 *   v ← μ v + g,    p ← p − r v    (PyTorch's form)
 *   v ← μ v + r g,  p ← p − v      (Caffe's form, which differs once the rate r changes)
 *
 * Runs are fed `bodyRate` and `headRate`, and for Adam `firstCorrection` and `secondCorrection`:
 * see `optimizerFeeds`.
 *
 * @param gradients       By parameter name.
 * @param biasRateFactor  Rate of biases relative to their weights'; Caffe's recipes take 2.
 */
export function optimizerUpdate(
  parameters: readonly Parameter[],
  gradients: ReadonlyMap<string, Node>,
  options: OptimizerOptions,
  { biasRateFactor = 1 }: { readonly biasRateFactor?: number } = {},
): Update {
  const updates: Record<string, Node> = {};
  const slots: { name: string; shape: Shape }[] = [];
  const slot = (name: string, shape: Shape): Node => {
    slots.push({ name, shape });
    return input(name, shape);
  };
  for (const parameter of parameters) {
    const { name, node, shape } = parameter;
    const raw = gradients.get(name);
    if (raw === undefined) throw new RangeError(`internal: no gradient of "${name}".`);
    const gradient = decayed(parameter, raw, options.weightDecay);
    const groupRate = parameter.isHead ? rates.head : rates.body;
    const isBias = !parameter.decays;
    const rate = isBias && biasRateFactor !== 1 ? mul(groupRate, biasRateFactor) : groupRate;
    if (options.kind === "sgd") {
      const isCaffe = options.form === "caffe";
      const addend = isCaffe ? mul(gradient, rate) : gradient;
      const velocity = add(mul(slot(`${name}.velocity`, shape), options.momentum), addend);
      updates[`${name}.velocity`] = velocity;
      updates[name] = sub(node, isCaffe ? velocity : mul(velocity, rate));
      continue;
    }
    const { beta1, beta2, epsilon } = options;
    const first = mix(slot(`${name}.firstMoment`, shape), gradient, beta1);
    const second = mix(slot(`${name}.secondMoment`, shape), mul(gradient, gradient), beta2);
    const deviation = add(mul(sqrt(second), corrections.second), epsilon);
    updates[`${name}.firstMoment`] = first;
    updates[`${name}.secondMoment`] = second;
    updates[name] = sub(node, mul(div(mul(first, corrections.first), deviation), rate));
  }
  return { updates, slots };
}

/** What a run is fed so that the update knows the rate and, for Adam, the time. */
export function optimizerFeeds(
  options: OptimizerOptions,
  rate: number,
  headRateFactor: number,
  step: number,
): Record<string, Float32Array> {
  const feeds = {
    bodyRate: Float32Array.of(rate),
    headRate: Float32Array.of(rate * headRateFactor),
  };
  if (options.kind === "sgd") return feeds;
  const { beta1, beta2 } = options;
  return {
    ...feeds,
    firstCorrection: Float32Array.of(1 / (1 - beta1 ** (step + 1))),
    secondCorrection: Float32Array.of(1 / Math.sqrt(1 - beta2 ** (step + 1))),
  };
}

/** Gradient with the penalty of `weightDecay`, for parameters that decay. */
function decayed({ node, decays }: Parameter, gradient: Node, weightDecay: number): Node {
  return decays && weightDecay !== 0 ? add(gradient, mul(node, weightDecay)) : gradient;
}

/** Moving average: β · average + (1 − β) · value. */
const mix = (average: Node, value: Node, beta: number): Node =>
  add(mul(average, beta), mul(value, 1 - beta));
