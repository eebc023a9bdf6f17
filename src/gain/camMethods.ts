/** Ways to make the attention map of a class from a layer: a row of a table for each. */
import { add, clip, div, gate, mean, mul, type Node, relu, sum } from "../graph/index.ts";
import { weighedSum } from "./attention.ts";

/**
 * From the activations f of a layer and the gradient ∂s/∂f of a class's score, both [N, K, h, w],
 * its map, [N, 1, h, w], at least 0.
 */
export type GradientMap = (activations: Node, gradient: Node) => Node;

/** How a method learns what matters: from one backward pass, or by asking about masked pictures. */
type CamRow =
  | { readonly title: string; readonly by: "gradient"; readonly map: GradientMap }
  | { readonly title: string; readonly by: "masking" };

/**
 * Grad-CAM (Selvaraju et al. 2017): GAIN's equations 1 and 2, see `attentionMap`.
 *
 *   wₖ = GAP(gₖ),   A = ReLU(Σₖ wₖ fₖ)
 */
const gradCam: GradientMap = (activations, gradient) =>
  weighedSum(activations, mean(gradient, [2, 3], { keepDims: true }));

/** Below this a denominator of Grad-CAM++ is taken for a pole. */
const smallest = 1e-6;

/**
 * Grad-CAM++ (Chattopadhay et al. 2018, eqs. 10 and 15) in its closed form, which assumes that what
 * is explained is Y = exp(s): then the second and third derivatives of Y by f are exp(s) g² and
 * exp(s) g³, where the activations behind f are piecewise linear.
 *
 *   α = g² / (2 g² + g³ Σₐ fₐ) = 1 / (2 + g Σₐ fₐ)  where g ≠ 0, else 0
 *   wₖ = Σᵢⱼ α ReLU(g),   A = ReLU(Σₖ wₖ fₖ)
 *
 * Y's gradient is exp(s) g; the factor is the same everywhere in a map and left out. The second form
 * of α needs no epsilon. Its denominator is at least 2 for activations that are at least 0; where
 * others bring it to 0 or below, the derivation says nothing, and α is 0. The authors' code divides α
 * by its sum, which the paper does not.
 */
const gradCamPlusPlus: GradientMap = (activations, gradient) => {
  const total = sum(activations, [2, 3], { keepDims: true });
  const denominator = add(2, mul(gradient, total));
  const quotient = div(relu(gradient), clip(denominator, smallest));
  const weights = gate(quotient, denominator, { above: smallest });
  return weighedSum(activations, sum(weights, [2, 3], { keepDims: true }));
};

/**
 * LayerCAM (Jiang et al. 2021, eqs. 7 and 8): each place has its own weight.
 *
 *   A = ReLU(Σₖ ReLU(gₖ) fₖ)
 */
const layerCam: GradientMap = (activations, gradient) => weighedSum(activations, relu(gradient));

/** The methods by name. */
export const camMethods = {
  "grad-cam": { title: "Grad-CAM", by: "gradient", map: gradCam },
  "grad-cam++": { title: "Grad-CAM++", by: "gradient", map: gradCamPlusPlus },
  "layer-cam": { title: "LayerCAM", by: "gradient", map: layerCam },
  "score-cam": { title: "Score-CAM", by: "masking" },
} as const satisfies Readonly<Record<string, CamRow>>;

export type CamMethod = keyof typeof camMethods;

/** Those that need one backward pass. */
export type GradientCamMethod = {
  [M in CamMethod]: (typeof camMethods)[M] extends { by: "gradient" } ? M : never;
}[CamMethod];

export const camMethodNames: readonly CamMethod[] = Object.keys(camMethods) as CamMethod[];

export const isCamMethod = (name: string): name is CamMethod => name in camMethods;

export const isGradientCam = (method: CamMethod): method is GradientCamMethod =>
  camMethods[method].by === "gradient";
