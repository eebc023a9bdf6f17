/** 1x1 convolutions as matrix products, on [H, W, N, C]: pixels of all images are rows. */
import type { ConvWindow } from "../../graph/index.ts";
import { type Emitter, ints } from "../emitter.ts";
import type { ConvProblem } from "./problem.ts";

/** Whether each pixel of the feature map meets one pixel of the image. */
export function isProduct({ filter, window }: ConvProblem): boolean {
  const { strides, pads, groups }: ConvWindow = window;
  const isPointwise = filter[2] === 1 && filter[3] === 1;
  return (
    isPointwise && groups === 1 && [...strides, ...pads].every((n, i) => n === (i < 2 ? 1 : 0))
  );
}

const flipped = (emitter: Emitter, x: string): string =>
  emitter.emit("Transpose", [x], { perm: ints([1, 0]) });

/** y = x · wᵀ. @param operands  x [H, W, N, C], w [O, C, 1, 1]. */
export function productConv(
  emitter: Emitter,
  problem: ConvProblem,
  [x, w]: readonly string[],
): string {
  const { pixels, channels, output, places } = sizesOf(problem);
  const filter = emitter.reshape(w, [output, channels]);
  const rows = emitter.reshape(x, [pixels, channels]);
  const y = emitter.emit("MatMul", [rows, flipped(emitter, filter)]);
  return emitter.reshape(y, [...places, output]);
}

/** dx = g · w. @param operands  g [H, W, N, O], w [O, C, 1, 1]. */
export function productInputGrad(
  emitter: Emitter,
  problem: ConvProblem,
  [g, w]: readonly string[],
): string {
  const { pixels, channels, output, places } = sizesOf(problem);
  const filter = emitter.reshape(w, [output, channels]);
  const dx = emitter.emit("MatMul", [emitter.reshape(g, [pixels, output]), filter]);
  return emitter.reshape(dx, [...places, channels]);
}

/** dw = gᵀ · x. @param operands  x [H, W, N, C], g [H, W, N, O]. */
export function productFilterGrad(
  emitter: Emitter,
  problem: ConvProblem,
  [x, g]: readonly string[],
): string {
  const { pixels, channels, output } = sizesOf(problem);
  const rows = flipped(emitter, emitter.reshape(g, [pixels, output]));
  const dw = emitter.emit("MatMul", [rows, emitter.reshape(x, [pixels, channels])]);
  return emitter.reshape(dw, problem.filter);
}

function sizesOf({ image, filter }: ConvProblem) {
  const [images, channels, height, width] = image;
  return {
    pixels: images * height * width,
    places: [height, width, images],
    channels,
    output: filter[0],
  };
}
