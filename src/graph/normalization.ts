/** Normalisations: by statistics of the operand itself, or by frozen ones. */
import { formatShape, normalizeAxes, ShapeError, sameShape, sizeOf } from "../shape.ts";
import { add, div, mul, sqrt, sub } from "./elementwise.ts";
import { reshape } from "./layout.ts";
import { conv } from "./linear.ts";
import type { Node, NodeOf } from "./node.ts";
import { mean } from "./ops.ts";

export interface NormOptions {
  readonly scale?: Node;
  readonly bias?: Node;
  /** Added to the variance. */
  readonly epsilon?: number;
}

/**
 * Zero mean and unit variance over `axes`   (Ba et al. 2016).
 *
 *   y = (x − μ) / √(σ² + ε) · scale + bias,   μ = mean x,   σ² = mean (x − μ)²
 *
 * @param axes  One or several; negative ones count from the end.
 * @param options.scale, options.bias  Whatever broadcasts to `x`; often the shape of `axes`.
 */
export function layerNorm(
  x: Node,
  axes: number | readonly number[],
  { scale, bias, epsilon = 1e-5 }: NormOptions = {},
): Node {
  const dims = normalizeAxes("layerNorm", axes, x.shape);
  const centered = sub(x, mean(x, dims, { keepDims: true }));
  const variance = mean(mul(centered, centered), dims, { keepDims: true });
  const normalized = mul(centered, div(1, sqrt(add(variance, epsilon))));
  const scaled = scale === undefined ? normalized : mul(normalized, scale);
  return bias === undefined ? scaled : add(scaled, bias);
}

/**
 * Zero mean and unit variance over groups of neighbouring channels of an image   (Wu & He 2018). As
 * many groups as channels are instance normalisation.
 *
 * @param x       [N, C, ...].
 * @param groups  Divides C.
 * @param options.scale, options.bias  For each channel, [C].
 * @throws {ShapeError} When the channels do not part into so many groups.
 */
export function groupNorm(
  x: Node,
  groups: number,
  { scale, bias, epsilon = 1e-5 }: NormOptions = {},
): Node {
  const [images, channels] = x.shape;
  if (x.shape.length < 2 || channels % groups !== 0) {
    throw new ShapeError(
      `groupNorm: groups must divide the channels of [N, C, ...]; got ${groups} for shape ${formatShape(x.shape)}.`,
    );
  }
  const grouped = layerNorm(reshape(x, [images, groups, -1]), 2, { epsilon });
  const normalized = reshape(grouped, x.shape);
  const scaled =
    scale === undefined ? normalized : mul(normalized, perChannel("groupNorm", scale, x));
  return bias === undefined ? scaled : add(scaled, perChannel("groupNorm", bias, x));
}

export interface BatchNormOptions {
  /** All of them [C]. */
  readonly scale: Node;
  readonly bias: Node;
  readonly mean: Node;
  readonly variance: Node;
  /** Added to the variance. */
  readonly epsilon?: number;
  /** Whether the factor may go into the convolution behind which this stands; true by default. */
  readonly foldsConv?: boolean;
}

/**
 * Batch normalisation by statistics that are known   (Ioffe & Szegedy 2015, section 3.1).
 *
 *   y = a · x + (bias − a · mean),   a = scale / √(variance + ε)
 *
 * Behind a convolution, a goes into its filters, so that nothing is left to do for each pixel,
 * neither forward nor backward:
 *
 *   a · (w ∗ x + b) = (a · w) ∗ x + a · b
 *
 * The result then does not depend on the node `x`, whose gradient may be asked for: `foldsConv`.
 *
 * @param x  [N, C, ...].
 * @throws {ShapeError} When a parameter has not one value for each channel.
 */
export function batchNorm(
  x: Node,
  { scale, bias, mean: average, variance, epsilon = 1e-5, foldsConv = true }: BatchNormOptions,
): Node {
  if (x.shape.length < 2) {
    throw new ShapeError(`batchNorm: x must be [N, C, ...]; got ${formatShape(x.shape)}.`);
  }
  const spread = (parameter: Node): Node => perChannel("batchNorm", parameter, x);
  for (const parameter of [scale, bias, average, variance]) spread(parameter);
  const factor = div(scale, sqrt(add(variance, epsilon)));
  const shift = spread(sub(bias, mul(average, factor)));
  const source = foldsConv ? biasedConv(x) : undefined;
  if (source === undefined) return add(mul(x, spread(factor)), shift);
  const scaled = scaledConv(source.conv, factor);
  if (source.bias === undefined) return add(scaled, shift);
  return add(scaled, add(mul(source.bias, spread(factor)), shift));
}

/** [C] along the channels of a tensor [N, C, ...]. */
function perChannel(op: string, parameter: Node, x: Node): Node {
  const channels = x.shape[1];
  if (sizeOf(parameter.shape) !== channels) {
    throw new ShapeError(
      `${op}: parameters must have a value for each channel of ${formatShape(x.shape)}; got ${formatShape(parameter.shape)}.`,
    );
  }
  return reshape(parameter, [1, channels, ...x.shape.slice(2).map(() => 1)]);
}

/** The convolution that a node is, with or without a bias [1, C, 1, 1]. */
function biasedConv(
  node: Node,
): { readonly conv: NodeOf<"conv"> & Node; readonly bias?: Node } | undefined {
  if (node.op === "conv") return { conv: node };
  if (node.op !== "add") return undefined;
  const [a, b] = node.inputs;
  const [source, bias] = a.op === "conv" ? [a, b] : [b, a];
  const isBias = sameShape(bias.shape, [1, node.shape[1], 1, 1]);
  return source.op === "conv" && isBias ? { conv: source, bias } : undefined;
}

/** A convolution whose output channels are multiplied by `factor` [O], by its filters. */
function scaledConv({ inputs: [x, w], attributes }: NodeOf<"conv">, factor: Node): Node {
  const { strides, pads, dilations, groups } = attributes;
  const filters = mul(w, reshape(factor, [w.shape[0], 1, 1, 1]));
  return conv(x, filters, { stride: strides, padding: pads, dilation: dilations, groups });
}
