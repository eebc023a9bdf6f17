/**
 * From a network's scores to the class probabilities of each pixel, as SEC's deploy/demo.py; but the
 * picture itself comes to the network's size by the loader's resizing (PIL's bilinear), not SciPy's.
 */
import { resizeAlignedInto } from "../resizeBilinear.ts";

export interface ScoreMap {
  /** [classes, side, side], background first. */
  readonly scores: Float32Array;
  /** With the background. */
  readonly classes: number;
  readonly side: number;
  /** Side of the network's input, pixels. */
  readonly inputSize: number;
}

/**
 * The scores enlarged to the network's input, softmax there, and the probabilities stretched to the
 * picture; both bilinearly with aligned corners.
 *
 * @param labels  Which classes compete, ascending; all by default.
 * @returns       [labels, height, width]; each pixel's sum is 1 within rounding.
 */
export function pictureProbabilities(
  { scores, classes, side, inputSize }: ScoreMap,
  width: number,
  height: number,
  labels: readonly number[] = Array.from({ length: classes }, (_, label) => label),
): Float32Array {
  const cells = side * side;
  const places = inputSize * inputSize;
  const enlarged = new Float32Array(labels.length * places);
  for (const [k, label] of labels.entries()) {
    const plane = scores.subarray(label * cells, (label + 1) * cells);
    const target = enlarged.subarray(k * places, (k + 1) * places);
    resizeAlignedInto(target, plane, side, side, inputSize, inputSize);
  }
  softmaxInPlace(enlarged, labels.length, places);
  const pixels = width * height;
  const probabilities = new Float32Array(labels.length * pixels);
  for (let k = 0; k < labels.length; k++) {
    const target = probabilities.subarray(k * pixels, (k + 1) * pixels);
    const plane = enlarged.subarray(k * places, (k + 1) * places);
    resizeAlignedInto(target, plane, inputSize, inputSize, height, width);
  }
  return probabilities;
}

/** Softmax over the first axis of [classes, places]. */
function softmaxInPlace(values: Float32Array, classes: number, places: number): void {
  for (let i = 0; i < places; i++) {
    let highest = -Infinity;
    for (let k = 0; k < classes; k++) highest = Math.max(highest, values[k * places + i]);
    let total = 0;
    for (let k = 0; k < classes; k++) {
      const power = Math.exp(values[k * places + i] - highest);
      values[k * places + i] = power;
      total += power;
    }
    for (let k = 0; k < classes; k++) values[k * places + i] /= total;
  }
}

/** Index of the largest of [classes, places] at each place; the first of equals. */
export function argmax(values: Float32Array, classes: number, places: number): Uint8Array {
  const best = new Uint8Array(places);
  for (let i = 0; i < places; i++) {
    let highest = values[i];
    for (let k = 1; k < classes; k++) {
      const value = values[k * places + i];
      if (value > highest) {
        highest = value;
        best[i] = k;
      }
    }
  }
  return best;
}
