/**
 * The table of algorithms: which of them can compute a convolution or a derivative of one, which
 * is taken where nothing was measured, and in which layout it works.
 */
import type { Emitter } from "../emitter.ts";
import type { Layout } from "../layout.ts";
import { denseConv, denseFilterGrad, denseInputGrad, isDense, isWorthSpreading } from "./dense.ts";
import { directConv, directInputGrad, isTurnable, transposedInputGrad } from "./direct.ts";
import {
  columnsFilterGrad,
  hasLargeColumns,
  hasSmallFilters,
  imagesFilterGrad,
  isFarDilated,
  isShiftable,
  overlapsFilterGrad,
  positionsFilterGrad,
  shiftedFilterGrad,
} from "./filterGradient.ts";
import { isDepthwise, planesFilterGrad } from "./planes.ts";
import { type ConvOp, type ConvProblem, problemKey } from "./problem.ts";
import { isProduct, productConv, productFilterGrad, productInputGrad } from "./product.ts";
import { isWinograd, winogradConv, winogradFilterGrad, winogradInputGrad } from "./winograd.ts";
import type { TileSize } from "./winogradMatrices.ts";

/**
 * - `direct`: ONNX's Conv; the image gradient turns the filter first.
 * - `transposed`: ONNX's ConvTranspose.
 * - `product`: a 1x1 convolution as one matrix product.
 * - `columns`: im2col and one matrix product.
 * - `images`: im2col and a matrix product for each image.
 * - `shifted`: a product for each place of the kernel, of shifted planes.
 * - `overlaps`: a product for each place of the kernel, of the pixels that it meets.
 * - `positions`: a product for each place of the kernel, group by group.
 * - `planes`: of depthwise convolutions, a Conv whose kernels are the gradient's planes.
 * - `dense`: of depthwise convolutions of small planes, a product of all pixels with all places.
 * - `winograd2`, `winograd4`: Winograd's F(2x2, 3x3) and F(4x4, 3x3).
 */
export type Algorithm =
  | "direct"
  | "transposed"
  | "product"
  | "columns"
  | "images"
  | "shifted"
  | "overlaps"
  | "positions"
  | "planes"
  | "dense"
  | "winograd2"
  | "winograd4";

/** The algorithm of each problem, by `problemKey`. */
export type Choices = ReadonlyMap<string, Algorithm>;

/** Emits an algorithm's operators for operands in its layout; returns the result's name, in it. */
type Lowering = (emitter: Emitter, problem: ConvProblem, operands: readonly string[]) => string;

interface AlgorithmEntry {
  readonly layout: Layout;
  /** Whether it can compute a problem. */
  applies(problem: ConvProblem): boolean;
  readonly lower: Lowering;
}

type Entries = Partial<Readonly<Record<Algorithm, AlgorithmEntry>>>;

const always = (): boolean => true;
const isOneGroup = ({ window }: ConvProblem): boolean => window.groups === 1;
const first = "channelsFirst" as const;
const last = "spatialFirst" as const;

const winograd = (
  lower: (...parameters: [...Parameters<Lowering>, TileSize]) => string,
  m: TileSize,
): AlgorithmEntry => ({
  layout: last,
  applies: isWinograd,
  lower: (...parameters) => lower(...parameters, m),
});

const table: { readonly [P in ConvOp]: Entries } = {
  conv: {
    direct: { layout: first, applies: always, lower: directConv },
    dense: { layout: first, applies: isDense, lower: denseConv },
    product: { layout: last, applies: isProduct, lower: productConv },
    winograd2: winograd(winogradConv, 2),
    winograd4: winograd(winogradConv, 4),
  },
  convInputGrad: {
    direct: { layout: first, applies: isTurnable, lower: directInputGrad },
    transposed: { layout: first, applies: always, lower: transposedInputGrad },
    dense: { layout: first, applies: isDense, lower: denseInputGrad },
    product: { layout: last, applies: isProduct, lower: productInputGrad },
    winograd2: winograd(winogradInputGrad, 2),
    winograd4: winograd(winogradInputGrad, 4),
  },
  convFilterGrad: {
    columns: { layout: first, applies: isOneGroup, lower: columnsFilterGrad },
    images: { layout: first, applies: isOneGroup, lower: imagesFilterGrad },
    shifted: { layout: first, applies: isShiftable, lower: shiftedFilterGrad },
    overlaps: { layout: first, applies: isFarDilated, lower: overlapsFilterGrad },
    positions: { layout: first, applies: always, lower: positionsFilterGrad },
    planes: { layout: first, applies: isDepthwise, lower: planesFilterGrad },
    dense: { layout: first, applies: isDense, lower: denseFilterGrad },
    product: { layout: last, applies: isProduct, lower: productFilterGrad },
    winograd2: winograd(winogradFilterGrad, 2),
    winograd4: winograd(winogradFilterGrad, 4),
  },
};

/** The algorithms that can compute a problem. */
export function algorithmsFor(problem: ConvProblem): readonly Algorithm[] {
  const entries = Object.entries(table[problem.op]) as [Algorithm, AlgorithmEntry][];
  return entries.filter(([, { applies }]) => applies(problem)).map(([algorithm]) => algorithm);
}

/** In which layout an algorithm takes its operands and gives its result, filters excepted. */
export function layoutOfAlgorithm({ op }: ConvProblem, algorithm: Algorithm): Layout {
  return table[op][algorithm]?.layout ?? "channelsFirst";
}

/** The algorithm that is taken where nothing was measured. Figures: docs/performance.md. */
export function defaultAlgorithm(problem: ConvProblem): Algorithm {
  if (isDense(problem) && isWorthSpreading(problem)) return "dense";
  const isWorthIt = isWinograd(problem) && isWorthTransforming(problem);
  return isWorthIt ? "winograd4" : plainAlgorithm(problem);
}

/** The best of those that compute the sums as they are written, channels first. */
export function plainAlgorithm(problem: ConvProblem): Algorithm {
  switch (problem.op) {
    case "conv":
      return "direct";
    case "convInputGrad":
      return isTurnable(problem) ? "direct" : "transposed";
    case "convFilterGrad":
      if (isDepthwise(problem)) return "planes";
      if (problem.window.groups > 1) return "positions";
      if (isFarDilated(problem)) return "overlaps";
      if (isShiftable(problem) && hasLargeColumns(problem)) return "shifted";
      return hasSmallFilters(problem) ? "images" : "columns";
  }
}

/** The transforms cost as much as products with some 50 channels on either side. */
const isWorthTransforming = ({ filter }: ConvProblem): boolean =>
  Math.min(filter[0], filter[1]) >= 64;

/** How a problem is computed: the choice where there is one that can, else the default. */
export function algorithmFor(problem: ConvProblem, choices: Choices): AlgorithmEntry {
  const entries = table[problem.op];
  const chosen = choices.get(problemKey(problem));
  const entry = chosen && entries[chosen];
  if (entry?.applies(problem)) return entry;
  const fallback = entries[defaultAlgorithm(problem)];
  if (fallback === undefined) throw new Error(`internal: ${problem.op} has no default algorithm.`);
  return fallback;
}
