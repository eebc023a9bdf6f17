/**
 * How a convolution and its two derivatives become ONNX operators, for each shape.
 *
 * The choice of algorithm is made here and nowhere else.
 */
import type { ConvWindow, NodeOf } from "../graph/index.ts";
import type { Shape } from "../shape.ts";
import { type Attributes, type Emitter, int, ints } from "./emitter.ts";

const windowAttributes = ({ strides, pads, dilations, groups }: ConvWindow): Attributes => ({
  strides: ints(strides),
  pads: ints(pads),
  dilations: ints(dilations),
  group: int(groups),
});

/** Conv, with the bias inside when there is one. */
export function lowerConv(
  emitter: Emitter,
  node: NodeOf<"conv">,
  inputs: readonly string[],
): string {
  return emitter.emit("Conv", inputs, windowAttributes(node.attributes));
}

/**
 * At stride 1 a Conv with the filter turned by 180° and its channels swapped, which is faster than
 * ConvTranspose (measured: docs/performance.md); else ConvTranspose.
 */
export function lowerConvInputGrad(
  emitter: Emitter,
  { attributes, inputs, shape }: NodeOf<"convInputGrad">,
  [g, w]: readonly string[],
): string {
  const filter = inputs[1].shape;
  const { strides, pads, dilations, groups } = attributes;
  const full = [0, 1].map((axis) => dilations[axis] * (filter[2 + axis] - 1));
  const before = [full[0] - pads[0], full[1] - pads[1]];
  // Places that the forward convolution dropped at the end get zeros: pad up to the size wanted.
  const after = [0, 1].map(
    (axis) => shape[2 + axis] + full[axis] - inputs[0].shape[2 + axis] - before[axis],
  );
  if (strides.every((stride) => stride === 1) && [...before, ...after].every((n) => n >= 0)) {
    const window = {
      strides,
      pads: [before[0], before[1], after[0], after[1]] as const,
      dilations,
      groups,
    };
    return emitter.emit(
      "Conv",
      [g, turnFilter(emitter, w, filter, groups)],
      windowAttributes(window),
    );
  }
  const outputPadding = [0, 1].map(
    (axis) =>
      shape[2 + axis] +
      pads[axis] +
      pads[axis + 2] -
      full[axis] -
      1 -
      strides[axis] * (inputs[0].shape[2 + axis] - 1),
  );
  return emitter.emit("ConvTranspose", [g, w], {
    ...windowAttributes(attributes),
    output_padding: ints(outputPadding),
  });
}

/**
 * [O, C/G, kH, kW] to [C, O/G, kH, kW], turned by 180°. The turn is a product with the matrix that
 * reverses the kernel's places: a tenth of the time of Gather.
 */
function turnFilter(emitter: Emitter, w: string, filter: Shape, groups: number): string {
  const [output, channels, height, width] = filter;
  const size = height * width;
  let turned = w;
  if (size > 1) {
    const reversal = new Float32Array(size * size);
    for (let i = 0; i < size; i++) reversal[i * size + size - 1 - i] = 1;
    const rows = reshape(emitter, w, [output * channels, size]);
    turned = emitter.emit("MatMul", [rows, emitter.tensor(reversal, [size, size])]);
  }
  const grouped = reshape(emitter, turned, [groups, output / groups, channels, size]);
  const swapped = emitter.emit("Transpose", [grouped], { perm: ints([0, 2, 1, 3]) });
  return reshape(emitter, swapped, [groups * channels, output / groups, height, width]);
}

/**
 * Above this size (bytes) the columns of one image fall out of the cache, and products of shifted
 * planes are faster than one over all columns. Measured: docs/performance.md.
 */
const largestColumns = 20 * 2 ** 20;

/**
 * Below this share of products that do not meet the padding, those that meet it are left out.
 * Filters that are dilated far across a small map are below it (LargeFOV's fc6: 0.65), usual ones
 * above (3x3 on 14x14: 0.91).
 */
const smallestOverlap = 0.8;

/**
 *   dw[o,c,u,v] = Σ_{n,p} g[n,o,p] · x[n,c,p·s+u·d]
 *
 * as matrix products over images n and places p: of shifted planes where they are large, with
 * columns (im2col) where they are not, of the parts that overlap where the dilation is large, and
 * for convolutions in groups one for each (u, v).
 */
export function lowerConvFilterGrad(
  emitter: Emitter,
  node: NodeOf<"convFilterGrad">,
  operands: readonly string[],
): string {
  const { shape, attributes, inputs } = node;
  const [, channels, height, width] = shape;
  const [, , gHeight, gWidth] = inputs[1].shape;
  const kernel = height * width;
  const isLarge = 4 * channels * kernel * gHeight * gWidth > largestColumns;
  const isShiftable = kernel > 1 && attributes.strides.every((stride) => stride === 1);
  const byPlace =
    attributes.groups > 1
      ? productsByPlace(emitter, node, operands)
      : isShiftable && shareInside(node) < smallestOverlap
        ? productsOfOverlaps(emitter, node, operands)
        : isLarge && isShiftable
          ? productsOfShifted(emitter, node, operands)
          : productWithColumns(emitter, node, operands);
  const turned =
    kernel === 1 ? byPlace : emitter.emit("Transpose", [byPlace], { perm: ints([0, 2, 1]) });
  return reshape(emitter, turned, shape);
}

/**
 * With i = p + u·d, rows of the padded image, and zeros above and below g:
 *
 *   dw[o,c,u,v] = Σ_{n,i,j} g[n,o,i−u·d,j] · x[n,c,i,j+v·d]
 *
 * so that u shifts only g and v only x, which copies kH + kW planes instead of kH·kW.
 * [O, kH·kW, C].
 */
function productsOfShifted(
  emitter: Emitter,
  { shape, attributes, inputs }: NodeOf<"convFilterGrad">,
  [x, g]: readonly string[],
): string {
  const [output, channels, height, width] = shape;
  const [images, , gHeight, gWidth] = inputs[1].shape;
  const [, , xHeight, xWidth] = inputs[0].shape;
  const [top, left] = attributes.pads;
  const [vertical, horizontal] = attributes.dilations;
  const rows = gHeight + vertical * (height - 1);
  const places = rows * gWidth;
  const flat = (plane: string, count: number): string =>
    reshape(emitter, plane, [images, count, places]);
  const xShifted = Array.from({ length: width }, (_, v) => {
    const before = left - v * horizontal;
    // What is negative is cut off.
    const amounts = [top, before, rows - xHeight - top, gWidth - xWidth - before];
    return flat(padImage(emitter, x, amounts), channels);
  });
  const gShifted = Array.from({ length: height }, (_, u) => {
    const above = u * vertical;
    return flat(padImage(emitter, g, [above, 0, rows - gHeight - above, 0]), output);
  });
  const products = gShifted.flatMap((gPlane) =>
    xShifted.map((xPlane) => {
      const product = productOverPlaces(emitter, gPlane, xPlane, 3);
      return reshape(emitter, product, [images, output, 1, channels]);
    }),
  );
  const all = stack(emitter, products, 2);
  if (images === 1) return reshape(emitter, all, [output, height * width, channels]);
  return emitter.emit("ReduceSum", [all, emitter.integers([0])], { keepdims: int(0) });
}

/** Along one axis at stride 1, for each place of the kernel: the run of pixels that it meets. */
interface Overlap {
  readonly inImage: number;
  readonly inGradient: number;
  /** 0 where the place meets nothing but padding. */
  readonly length: number;
}

function overlaps({ attributes, inputs, shape }: NodeOf<"convFilterGrad">, axis: 0 | 1): Overlap[] {
  const [image, gradient] = inputs.map((operand) => operand.shape[2 + axis]);
  return Array.from({ length: shape[2 + axis] }, (_, place) => {
    const shift = place * attributes.dilations[axis] - attributes.pads[axis];
    const inGradient = Math.max(0, -shift);
    const end = Math.min(gradient, image - shift);
    return { inImage: inGradient + shift, inGradient, length: Math.max(0, end - inGradient) };
  });
}

/** Share of a filter gradient's products that do not meet the padding. */
function shareInside(node: NodeOf<"convFilterGrad">): number {
  const shares = ([0, 1] as const).map((axis) => {
    const runs = overlaps(node, axis);
    const inside = runs.reduce((total, { length }) => total + length, 0);
    return inside / (runs.length * node.inputs[1].shape[2 + axis]);
  });
  return shares[0] * shares[1];
}

/** A product for each place of the kernel, over the pixels that it meets: [O, kH·kW, C]. */
function productsOfOverlaps(
  emitter: Emitter,
  node: NodeOf<"convFilterGrad">,
  [x, g]: readonly string[],
): string {
  const [output, channels] = node.shape;
  const images = node.inputs[0].shape[0];
  const [image, gradient] = [x, g].map((operand) => channelsFirst(emitter, operand, node));
  const part = (source: string, count: number, start: number[], size: number[]): string => {
    const end = start.map((first, axis) => first + size[axis]);
    const bounds = [start, end, [2, 3]].map((values) => emitter.integers(values));
    const cut = emitter.emit("Slice", [source, ...bounds]);
    return reshape(emitter, cut, [count, images * size[0] * size[1]]);
  };
  const columns = overlaps(node, 1);
  const products = overlaps(node, 0).flatMap((row) =>
    columns.map((column) => {
      const size = [row.length, column.length];
      if (size.includes(0)) {
        return emitter.emit("Expand", [emitter.scalar(0), emitter.integers([output, 1, channels])]);
      }
      const gPart = part(gradient, output, [row.inGradient, column.inGradient], size);
      const xPart = part(image, channels, [row.inImage, column.inImage], size);
      const product = productOverPlaces(emitter, gPart, xPart, 2);
      return reshape(emitter, product, [output, 1, channels]);
    }),
  );
  return stack(emitter, products, 1);
}

/** One product over all places of the kernel, on channels first: [O, kH·kW, C]. */
function productWithColumns(
  emitter: Emitter,
  node: NodeOf<"convFilterGrad">,
  [x, g]: readonly string[],
): string {
  const [output, channels, height, width] = node.shape;
  const places = placesOf(node);
  const columns = stack(emitter, kernelPlanes(emitter, node, x), 0);
  const flat = reshape(emitter, columns, [height * width * channels, places]);
  const rows = reshape(emitter, channelsFirst(emitter, g, node), [output, places]);
  const product = productOverPlaces(emitter, rows, flat, 2);
  return reshape(emitter, product, [output, height * width, channels]);
}

/** A product for each place of the kernel, group by group: [O, kH·kW, C / groups]. */
function productsByPlace(
  emitter: Emitter,
  node: NodeOf<"convFilterGrad">,
  [x, g]: readonly string[],
): string {
  const { groups } = node.attributes;
  const [output, channels] = node.shape;
  const places = placesOf(node);
  const rows = channelsFirst(emitter, g, node);
  const grouped = reshape(emitter, rows, [groups, output / groups, places]);
  const products = kernelPlanes(emitter, node, x).map((plane) => {
    const flat = reshape(emitter, plane, [groups, channels, places]);
    const product = productOverPlaces(emitter, grouped, flat, 3);
    return reshape(emitter, product, [output, 1, channels]);
  });
  return stack(emitter, products, 1);
}

/** Images times pixels of the gradient. */
function placesOf({ inputs }: NodeOf<"convFilterGrad">): number {
  const [images, , height, width] = inputs[1].shape;
  return images * height * width;
}

function stack(emitter: Emitter, parts: readonly string[], axis: number): string {
  return parts.length === 1 ? parts[0] : emitter.emit("Concat", parts, { axis: int(axis) });
}

function padImage(emitter: Emitter, x: string, pads: readonly number[]): string {
  if (pads.every((n) => n === 0)) return x;
  const [top, left, bottom, right] = pads;
  const amounts = emitter.integers([0, 0, top, left, 0, 0, bottom, right]);
  return emitter.emit("Pad", [x, amounts, emitter.scalar(0)]);
}

/** [N, C, H, W] to [C, N, H, W], so that the sum over the images is part of the product. */
function channelsFirst(emitter: Emitter, x: string, { inputs }: NodeOf<"convFilterGrad">): string {
  if (inputs[0].shape[0] === 1) return x;
  return emitter.emit("Transpose", [x], { perm: ints([1, 0, 2, 3]) });
}

/** For each place of the kernel, the pixels of `x` [N, C, H, W] that it meets: [C, N, H', W'] each. */
function kernelPlanes(emitter: Emitter, node: NodeOf<"convFilterGrad">, x: string): string[] {
  const { strides, pads, dilations } = node.attributes;
  const source = padImage(emitter, channelsFirst(emitter, x, node), pads);
  const [image, gradient] = node.inputs.map((operand) => operand.shape.slice(2));
  const [, , height, width] = node.shape;
  const padded = [0, 1].map((axis) => image[axis] + pads[axis] + pads[axis + 2]);
  const planes: string[] = [];
  for (let u = 0; u < height; u++) {
    for (let v = 0; v < width; v++) {
      const start = [u * dilations[0], v * dilations[1]];
      const end = [0, 1].map((axis) => start[axis] + strides[axis] * (gradient[axis] - 1) + 1);
      const isWhole = [0, 1].every(
        (axis) => start[axis] === 0 && end[axis] === padded[axis] && strides[axis] === 1,
      );
      const bounds = [start, end, [2, 3], strides].map((values) => emitter.integers(values));
      planes.push(isWhole ? source : emitter.emit("Slice", [source, ...bounds]));
    }
  }
  return planes;
}

/** a · bᵀ over the last axis; ONNX Runtime fuses the transposition into the product. */
function productOverPlaces(emitter: Emitter, a: string, b: string, rank: 2 | 3): string {
  const perm = rank === 2 ? [1, 0] : [0, 2, 1];
  return emitter.emit("MatMul", [a, emitter.emit("Transpose", [b], { perm: ints(perm) })]);
}

function reshape(emitter: Emitter, x: string, shape: Shape): string {
  return emitter.emit("Reshape", [x, emitter.integers(shape)]);
}
