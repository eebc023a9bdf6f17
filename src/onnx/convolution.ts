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
 * Above this size the columns of one image fall out of the cache, and a MatMul for each place of
 * the kernel is faster than one over all columns (bytes; measured: docs/performance.md).
 */
const largestColumns = 20 * 2 ** 20;

/**
 *   dw[o,c,u,v] = Σ_{n,p} g[n,o,p] · x[n,c,p·s+u·d]
 *
 * as matrix products over images n and places p of the output: one for all (u, v) on columns laid
 * one behind the other (im2col), or one for each (u, v).
 */
export function lowerConvFilterGrad(
  emitter: Emitter,
  { attributes, inputs, shape }: NodeOf<"convFilterGrad">,
  [x, g]: readonly string[],
): string {
  const { groups } = attributes;
  const [, channels, height, width] = shape;
  const [images, , gHeight, gWidth] = inputs[1].shape;
  const places = images * gHeight * gWidth;
  const kernel = height * width;
  // Channels first, so that the sum over the images is part of the product.
  const xSwapped = swapImagesAndChannels(emitter, x, images);
  const gSwapped = swapImagesAndChannels(emitter, g, images);
  const planes = kernelPlanes(emitter, xSwapped, inputs[0].shape, attributes, shape, [
    gHeight,
    gWidth,
  ]);
  const columnBytes = (channels * kernel * places * 4) / images;
  const byPlace =
    groups === 1 && columnBytes <= largestColumns
      ? productWithColumns(emitter, planes, gSwapped, shape, places)
      : productsByPlace(emitter, planes, gSwapped, shape, places, groups);
  const turned =
    kernel === 1 ? byPlace : emitter.emit("Transpose", [byPlace], { perm: ints([0, 2, 1]) });
  return reshape(emitter, turned, shape);
}

/** One product over all places of the kernel: [O, kH·kW, C]. */
function productWithColumns(
  emitter: Emitter,
  planes: readonly string[],
  g: string,
  [output, channels]: Shape,
  places: number,
): string {
  const columns =
    planes.length === 1 ? planes[0] : emitter.emit("Concat", planes, { axis: int(0) });
  const flat = reshape(emitter, columns, [planes.length * channels, places]);
  const product = productOverPlaces(emitter, reshape(emitter, g, [output, places]), flat, 2);
  return reshape(emitter, product, [output, planes.length, channels]);
}

/** A product for each place of the kernel, group by group: [O, kH·kW, C / groups]. */
function productsByPlace(
  emitter: Emitter,
  planes: readonly string[],
  g: string,
  [output, channels]: Shape,
  places: number,
  groups: number,
): string {
  const grouped = reshape(emitter, g, [groups, output / groups, places]);
  const products = planes.map((plane) => {
    const flat = reshape(emitter, plane, [groups, channels, places]);
    const product = productOverPlaces(emitter, grouped, flat, 3);
    return reshape(emitter, product, [output, 1, channels]);
  });
  return products.length === 1 ? products[0] : emitter.emit("Concat", products, { axis: int(1) });
}

function swapImagesAndChannels(emitter: Emitter, x: string, images: number): string {
  if (images === 1) return x;
  return emitter.emit("Transpose", [x], { perm: ints([1, 0, 2, 3]) });
}

/** For each place of the kernel, the pixels of `x` [C, N, H, W] that it meets: [C, N, H', W'] each. */
function kernelPlanes(
  emitter: Emitter,
  x: string,
  xShape: Shape,
  { strides, pads, dilations }: ConvWindow,
  filter: Shape,
  size: readonly [number, number],
): string[] {
  const [, , height, width] = filter;
  const padded = pads.some((n) => n > 0)
    ? emitter.emit("Pad", [
        x,
        emitter.integers([0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]]),
        emitter.scalar(0),
      ])
    : x;
  const paddedSize = [0, 1].map((axis) => xShape[2 + axis] + pads[axis] + pads[axis + 2]);
  const planes: string[] = [];
  for (let u = 0; u < height; u++) {
    for (let v = 0; v < width; v++) {
      const start = [u * dilations[0], v * dilations[1]];
      const end = [0, 1].map((axis) => start[axis] + strides[axis] * (size[axis] - 1) + 1);
      const whole = [0, 1].every(
        (axis) => start[axis] === 0 && end[axis] === paddedSize[axis] && strides[axis] === 1,
      );
      planes.push(
        whole
          ? padded
          : emitter.emit("Slice", [
              padded,
              emitter.integers(start),
              emitter.integers(end),
              emitter.integers([2, 3]),
              emitter.integers(strides),
            ]),
      );
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
