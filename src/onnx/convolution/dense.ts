/**
 * Depthwise convolutions of small planes on channels first: for each channel c a matrix T from all
 * pixels q of a plane of the image to all places p of a plane of the feature map,
 *
 *   y[n,c,p]  = Σ_q x[n,c,q] · T[c,q,p],   T[c,q,p] = Σ_k w[c,k] · E[k,q,p]
 *   dx[n,c,q] = Σ_p g[n,c,p] · T[c,q,p]
 *   dw[c,k]   = Σ_{q,p} E[k,q,p] · Σ_n x[n,c,q] · g[n,c,p]
 *
 * where E[k,q,p] is 1 where the kernel at p meets pixel q with its place k. T is mostly zero, but a
 * product for each channel is sooner done than a convolution for each channel of each image.
 */
import type { Shape } from "../../shape.ts";
import { type Emitter, ints } from "../emitter.ts";
import { placeRuns } from "./kernelPixels.ts";
import { isDepthwise } from "./planes.ts";
import type { ConvProblem } from "./problem.ts";

/** Pairs of a pixel and a place above which matrices of them take too much memory. */
const mostPairs = 2 ** 14;

/** Whether it is depthwise with one output a channel, and its planes are small. */
export const isDense = (problem: ConvProblem): boolean =>
  isDepthwise(problem) && problem.filter[0] === problem.image[1] && pairsOf(problem) <= mostPairs;

/**
 * Whether it is the fastest. For each channel, ONNX Runtime's Conv takes as long for a place of the
 * kernel in one image as this for 24 pairs, and a convolution of `planesFilterGrad` as this for 250.
 */
export function isWorthSpreading(problem: ConvProblem): boolean {
  const { op, image, filter, window } = problem;
  const [images] = image;
  const [, , height, width] = filter;
  const convolutions = images * width * Math.min(height, window.strides[0]);
  return op === "convFilterGrad"
    ? pairsOf(problem) <= 250 * convolutions
    : pairsOf(problem) <= 24 * images * height * width;
}

const pairsOf = ({ image, feature }: ConvProblem): number =>
  sizeOfPlane(image) * sizeOfPlane(feature);

const sizeOfPlane = ([, , height, width]: Shape): number => height * width;

/** @param operands  x [N, C, H, W], w [C, 1, kH, kW] and perhaps a bias [C]. */
export function denseConv(
  emitter: Emitter,
  problem: ConvProblem,
  [x, w, bias]: readonly string[],
): string {
  const { image, feature } = problem;
  const rows = byChannel(emitter, x, image);
  const product = emitter.emit("MatMul", [rows, spreadFilter(emitter, problem, w)]);
  if (bias === undefined) return byImage(emitter, product, feature);
  const column = emitter.reshape(bias, [feature[1], 1, 1]);
  return byImage(emitter, emitter.emit("Add", [product, column]), feature);
}

/** @param operands  g [N, C, H', W'], w [C, 1, kH, kW]. */
export function denseInputGrad(
  emitter: Emitter,
  problem: ConvProblem,
  [g, w]: readonly string[],
): string {
  const { image, feature } = problem;
  const rows = byChannel(emitter, g, feature);
  const spread = spreadFilter(emitter, problem, w);
  const turned = emitter.emit("Transpose", [spread], { perm: ints([0, 2, 1]) });
  return byImage(emitter, emitter.emit("MatMul", [rows, turned]), image);
}

/** @param operands  x [N, C, H, W], g [N, C, H', W']. @returns  [C, 1, kH, kW]. */
export function denseFilterGrad(
  emitter: Emitter,
  problem: ConvProblem,
  [x, g]: readonly string[],
): string {
  const { image, filter, feature } = problem;
  const flat = emitter.transientReshape(x, [image[0], image[1], sizeOfPlane(image)]);
  const pixels = emitter.emit("Transpose", [flat], { perm: ints([1, 2, 0]) });
  const product = emitter.emit("MatMul", [pixels, byChannel(emitter, g, feature)]);
  const pairs = emitter.transientReshape(product, [image[1], pairsOf(problem)]);
  const meetings = emitter.emit("Transpose", [meetingsOf(emitter, problem)], {
    perm: ints([1, 0]),
  });
  return emitter.reshape(emitter.emit("MatMul", [pairs, meetings]), filter);
}

/** [N, C, H, W] to [C, N, H · W], which ONNX Runtime makes part of the product that follows. */
function byChannel(emitter: Emitter, x: string, shape: Shape): string {
  const flat = emitter.transientReshape(x, [shape[0], shape[1], sizeOfPlane(shape)]);
  return emitter.emit("Transpose", [flat], { perm: ints([1, 0, 2]) });
}

/** [C, N, H · W] to [N, C, H, W]. */
const byImage = (emitter: Emitter, rows: string, shape: Shape): string =>
  emitter.reshape(emitter.emit("Transpose", [rows], { perm: ints([1, 0, 2]) }), shape);

/** T, [C, pixels, places]. */
function spreadFilter(emitter: Emitter, problem: ConvProblem, w: string): string {
  const { image, filter, feature } = problem;
  const places = emitter.reshape(w, [image[1], sizeOfPlane(filter)]);
  const spread = emitter.emit("MatMul", [places, meetingsOf(emitter, problem)]);
  return emitter.transientReshape(spread, [image[1], sizeOfPlane(image), sizeOfPlane(feature)]);
}

/** E, [kH · kW, pixels · places]. */
function meetingsOf(emitter: Emitter, problem: ConvProblem): string {
  const { image, filter, feature, window } = problem;
  const [, , height, width] = image;
  const [kernel, places, pairs] = [sizeOfPlane(filter), sizeOfPlane(feature), pairsOf(problem)];
  const meetings = new Float32Array(kernel * pairs);
  const [rows, columns] = [placeRuns(problem, 0), placeRuns(problem, 1)];
  for (let k = 0; k < kernel; k++) {
    const top = rows[Math.floor(k / filter[3])].start;
    const left = columns[k % filter[3]].start;
    for (let p = 0; p < places; p++) {
      const i = top + window.strides[0] * Math.floor(p / feature[3]);
      const j = left + window.strides[1] * (p % feature[3]);
      const isInside = i >= 0 && i < height && j >= 0 && j < width;
      if (isInside) meetings[k * pairs + (i * width + j) * places + p] = 1;
    }
  }
  // Its own, so that T is computed anew for the gradient instead of being kept.
  return emitter.ownTensor(meetings, [kernel, pairs]);
}
