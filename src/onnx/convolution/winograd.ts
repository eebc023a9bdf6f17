/**
 * Winograd's convolutions F(2x2, 3x3) and F(4x4, 3x3) and their derivatives in ordinary operators,
 * on [H, W, N, C]:
 *
 *   y  = Aᵀ [U ⊙ V] A,   V = Bᵀ d B of every tile d of the image,   U = G w Gᵀ
 *   dw = Gᵀ [V ⊙ Z] G,   Z = A g Aᵀ of every tile g of the feature map's gradient
 *
 * where ⊙ is, for each of the (m + 2)² places of a tile, a matrix product over channels (over
 * tiles in dw). The tiles are read and transformed by one Conv over three axes, H, W and N·C, whose
 * kernel is Bᵀ ⊗ Bᵀ: so the transform needs neither padded nor overlapping copies, and every place
 * comes out as one matrix.
 *
 * F(2x2) needs 2.25 times fewer multiplications than the direct convolution, F(4x4) four times
 * fewer. Error of a result in float32, relative to its norm (algorithms.test.ts): at most 4e-7 as in
 * all other algorithms, and 9e-7.
 */
import { type Emitter, int, ints } from "../emitter.ts";
import type { ConvProblem } from "./problem.ts";
import {
  type Matrix,
  reversed,
  squared,
  type TileSize,
  transposed,
  winogradMatrices,
} from "./winogradMatrices.ts";

/** Whether it is a 3x3 convolution at stride 1, without dilation or groups, padded by at most 2. */
export function isWinograd({ filter, window }: ConvProblem): boolean {
  const { strides, dilations, pads, groups } = window;
  const isPlain = [...strides, ...dilations, groups].every((n) => n === 1);
  return isPlain && filter[2] === 3 && filter[3] === 3 && pads.every((n) => n <= 2);
}

/** @param operands  x [H, W, N, C], w [O, C, 3, 3]. @returns  [H', W', N, O]. */
export function winogradConv(
  emitter: Emitter,
  { image, filter, feature, window: { pads } }: ConvProblem,
  operands: readonly string[],
  m: TileSize,
): string {
  const shapes = { from: image, to: feature, filter };
  return convolve(emitter, operands, { ...shapes, isTurned: false, pads, m });
}

/**
 * The convolution of the gradient with the filter turned.
 *
 * @param operands  g [H', W', N, O], w [O, C, 3, 3]. @returns  [H, W, N, C].
 */
export function winogradInputGrad(
  emitter: Emitter,
  { image, filter, feature, window }: ConvProblem,
  operands: readonly string[],
  m: TileSize,
): string {
  const pads = window.pads.map((n) => 2 - n);
  const shapes = { from: feature, to: image, filter };
  return convolve(emitter, operands, { ...shapes, isTurned: true, pads, m });
}

interface Convolution {
  /** Shapes of what is convolved and of the result, channels first. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly filter: readonly number[];
  /** Whether the filter is turned by 180°, and goes from its outputs to its channels. */
  readonly isTurned: boolean;
  readonly pads: readonly number[];
  readonly m: TileSize;
}

function convolve(
  emitter: Emitter,
  [x, w]: readonly string[],
  { from, to, filter, isTurned, pads, m }: Convolution,
): string {
  const { input, filter: spread, output } = winogradMatrices(m);
  const tiles = tilesOf(to, m);
  const v = transformTiles(emitter, x, { size: from, pads, tiles, m, matrix: input });
  const matrix = isTurned ? reversed(spread) : spread;
  const u = transformFilter(emitter, w, { filter, matrix });
  const rows = emitter.transientReshape(v, [(m + 2) ** 2, tiles.count * from[0], from[1]]);
  const right = isTurned ? u : emitter.emit("Transpose", [u], { perm: ints([0, 2, 1]) });
  const product = emitter.emit("MatMul", [rows, right]);
  return assembleTiles(emitter, product, { size: to, tiles, m, matrix: output });
}

/** @param operands  x [H, W, N, C], g [H', W', N, O]. @returns  [O, C, 3, 3]. */
export function winogradFilterGrad(
  emitter: Emitter,
  { image, filter, feature, window: { pads } }: ConvProblem,
  [x, g]: readonly string[],
  m: TileSize,
): string {
  const { input, filter: spread, output } = winogradMatrices(m);
  const tiles = tilesOf(feature, m);
  const [images, channels] = image;
  const v = transformTiles(emitter, x, { size: image, pads, tiles, m, matrix: input });
  const none = [0, 0, 0, 0];
  const z = transformTiles(emitter, g, {
    ...{ size: feature, pads: none, tiles, m },
    matrix: transposed(output),
  });
  const places = (m + 2) ** 2;
  const rows = tiles.count * images;
  // First, so that ONNX Runtime computes it last: see `emitStep` in lower.ts.
  const patches = emitter.transientReshape(v, [places, rows, channels]);
  const gradients = emitter.emit(
    "Transpose",
    [emitter.transientReshape(z, [places, rows, filter[0]])],
    { perm: ints([0, 2, 1]) },
  );
  const product = emitter.emit("MatMul", [gradients, patches]);
  const size = filter[0] * channels;
  const byFilter = emitter.emit("Transpose", [emitter.transientReshape(product, [places, size])], {
    perm: ints([1, 0]),
  });
  const gather = emitter.tensor(squared(spread), [places, 9]);
  return emitter.reshape(emitter.emit("MatMul", [byFilter, gather]), filter);
}

interface Tiles {
  /** Along each axis. */
  readonly grid: readonly [number, number];
  readonly count: number;
}

/** The tiles of m x m that cover a plane. */
function tilesOf([, , height, width]: readonly number[], m: TileSize): Tiles {
  const grid = [Math.ceil(height / m), Math.ceil(width / m)] as const;
  return { grid, count: grid[0] * grid[1] };
}

interface TileTransform {
  /** Shape of the whole, channels first. */
  readonly size: readonly number[];
  readonly pads: readonly number[];
  readonly tiles: Tiles;
  readonly m: TileSize;
  /** From the pixels of a tile along an axis to its places. */
  readonly matrix: Matrix;
}

/** [H, W, N, C] to [places, tiles · N · C]: every tile, m pixels after the one before, transformed. */
function transformTiles(
  emitter: Emitter,
  x: string,
  { size, pads, tiles, m, matrix }: TileTransform,
): string {
  const [images, channels, height, width] = size;
  const side = matrix[0].length;
  const places = matrix.length ** 2;
  const end = [0, 1].map(
    (axis) => m * (tiles.grid[axis] - 1) + side - pads[axis] - (axis === 0 ? height : width),
  );
  const kernel = emitter.ownTensor(squared(matrix), [places, 1, side, side, 1]);
  const planes = emitter.transientReshape(x, [1, 1, height, width, images * channels]);
  return emitter.emit("Conv", [planes, kernel], {
    kernel_shape: ints([side, side, 1]),
    strides: ints([m, m, 1]),
    pads: ints([pads[0], pads[1], 0, end[0], end[1], 0]),
  });
}

/** [O, C, 3, 3] to [places, O, C]. */
function transformFilter(
  emitter: Emitter,
  w: string,
  { filter, matrix }: { readonly filter: readonly number[]; readonly matrix: Matrix },
): string {
  const [output, channels] = filter;
  const places = matrix.length ** 2;
  const flat = emitter.transientReshape(w, [output * channels, 9]);
  const taps = emitter.emit("Transpose", [flat], { perm: ints([1, 0]) });
  const spread = emitter.ownTensor(squared(matrix), [places, 9]);
  return emitter.transientReshape(emitter.emit("MatMul", [spread, taps]), [
    places,
    output,
    channels,
  ]);
}

/** [places, tiles · N, O] to [H, W, N, O]. */
function assembleTiles(
  emitter: Emitter,
  product: string,
  { size, tiles, m, matrix }: Omit<TileTransform, "pads">,
): string {
  const [images, channels, height, width] = size;
  const places = matrix[0].length ** 2;
  const block = images * channels;
  const flat = emitter.transientReshape(product, [places, tiles.count * block]);
  const pixels = emitter.emit("MatMul", [emitter.tensor(squared(matrix), [m * m, places]), flat]);
  const rows = emitter.transientReshape(pixels, [m * m * tiles.count, block]);
  const order = Array.from({ length: height * width }, (_, pixel) => {
    const [i, j] = [Math.floor(pixel / width), pixel % width];
    const place = m * (i % m) + (j % m);
    return place * tiles.count + Math.floor(i / m) * tiles.grid[1] + Math.floor(j / m);
  });
  const whole = emitter.emit("Gather", [rows, emitter.integers(order)], { axis: int(0) });
  return emitter.reshape(whole, [height, width, images, channels]);
}
