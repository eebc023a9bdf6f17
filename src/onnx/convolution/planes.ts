/**
 * The filter gradient of depthwise convolutions on channels first, where each group is one channel c of
 * the image, of m outputs o each:
 *
 *   dw[o,u,v] = Σ_n Σ_{i,j} g[n,o,i,j] · x[n,c,i·s+u·d,j·s+v·d]
 *
 * For one column v of the kernel that is a convolution of planes of x, shifted by v, whose kernels are
 * whole planes of g. As they are as wide as what they move over, ONNX Runtime makes no columns of pixels
 * but a product of g with overlapping parts of x where they lie.
 */
import { type Emitter, int } from "../emitter.ts";
import { modulo, pixelsOf, placeRuns, type Run } from "./kernelPixels.ts";
import type { ConvProblem } from "./problem.ts";

/** Whether each group is one channel of the image. */
export const isDepthwise = ({ filter, window }: ConvProblem): boolean =>
  filter[1] === 1 && window.groups > 1;

/** @param operands  x [N, C, H, W], g [N, O, H', W']. @returns  [O, 1, kH, kW]. */
export function planesFilterGrad(
  emitter: Emitter,
  problem: ConvProblem,
  [x, g]: readonly string[],
): string {
  const { image, filter, feature } = problem;
  const [images, channels] = image;
  const [output, , , width] = filter;
  const [, , gHeight, gWidth] = feature;
  const groups = images * channels;
  const source = { name: emitter.transientReshape(x, image), shape: image };
  const kernels = emitter.transientReshape(g, [images * output, 1, gHeight, gWidth]);
  const classes = rowClasses(problem);
  const strips = classes.map(({ rows }) => {
    const products = placeRuns(problem, 1).map((columns) => {
      const plane = pixelsOf(emitter, problem, source, rows, columns);
      const moved = emitter.transientReshape(plane, [1, groups, rows.count, gWidth]);
      return emitter.emit("Conv", [moved, kernels], { group: int(groups) });
    });
    const strip = emitter.emit("Concat", products, { axis: int(3) });
    return emitter.reshape(strip, [images, output, rows.count - gHeight + 1, width]);
  });
  const all = emitter.emit("Concat", strips, { axis: int(2) });
  const sum = emitter.emit("ReduceSum", [all, emitter.integers([0])], { keepdims: int(0) });
  const order = emitter.integers(resultRows(classes));
  return emitter.reshape(emitter.emit("Gather", [sum, order], { axis: int(1) }), filter);
}

/** Rows of the kernel that meet the same phase of the image, so that one convolution serves them. */
interface RowClass {
  readonly places: readonly number[];
  /** Row of the convolution's result for each of the places. */
  readonly offsets: readonly number[];
  /** All that they meet. */
  readonly rows: Run;
}

function rowClasses(problem: ConvProblem): RowClass[] {
  const [stride] = problem.window.strides;
  const runs = placeRuns(problem, 0);
  const classes = new Map<number, number[]>();
  for (const [place, { start }] of runs.entries()) {
    const phase = modulo(start, stride);
    classes.set(phase, [...(classes.get(phase) ?? []), place]);
  }
  return [...classes.values()].map((places) => {
    const { start, count } = runs[places[0]];
    const offsets = places.map((place) => (runs[place].start - start) / stride);
    return { places, offsets, rows: { start, count: count + offsets[offsets.length - 1] } };
  });
}

/** For each row of the kernel, its row in the results of all classes, one after the other. */
function resultRows(classes: readonly RowClass[]): number[] {
  const result: number[] = [];
  let before = 0;
  for (const { places, offsets } of classes) {
    for (const [i, place] of places.entries()) result[place] = before + offsets[i];
    before += offsets[offsets.length - 1] + 1;
  }
  return result;
}
