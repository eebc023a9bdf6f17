/**
 * One iteration of mean field in one pass over the pixels: slice both lattices, softmax, splat into
 * the next values of both. Marginals stay in registers and the nearest cache.
 */

import { exponential } from "./exponential.ts";
import { Lattice } from "./lattice.ts";

/**
 * @param logits   f32 [pixels, stride / 4]. The last pass leaves the marginals there.
 * @param scores   Scratch of `stride` bytes.
 * @param first    The gaussian kernel, 2 dimensions.
 * @param second   The bilateral kernel, 5 dimensions.
 * @param isFirst  No values yet: the marginals are softmax(logits).
 */
export function pass(
  logits: usize,
  scores: usize,
  first: Lattice,
  second: Lattice,
  stride: usize,
  isFirst: bool,
  isLast: bool,
): void {
  let cornersA = first.corners;
  let weightsA = first.weights;
  let cornersB = second.corners;
  let weightsB = second.weights;
  for (let pixel = 0; pixel < first.points; pixel++) {
    const at = usize(pixel) << 2;
    let max = f32x4.splat(f32.NEGATIVE_INFINITY);
    const a0 = usize(load<i32>(cornersA)) * stride;
    const a1 = usize(load<i32>(cornersA, 4)) * stride;
    const a2 = usize(load<i32>(cornersA, 8)) * stride;
    const b0 = usize(load<i32>(cornersB)) * stride;
    const b1 = usize(load<i32>(cornersB, 4)) * stride;
    const b2 = usize(load<i32>(cornersB, 8)) * stride;
    const b3 = usize(load<i32>(cornersB, 12)) * stride;
    const b4 = usize(load<i32>(cornersB, 16)) * stride;
    const b5 = usize(load<i32>(cornersB, 20)) * stride;
    const wa0 = v128.load_splat<f32>(weightsA);
    const wa1 = v128.load_splat<f32>(weightsA, 4);
    const wa2 = v128.load_splat<f32>(weightsA, 8);
    const wb0 = v128.load_splat<f32>(weightsB);
    const wb1 = v128.load_splat<f32>(weightsB, 4);
    const wb2 = v128.load_splat<f32>(weightsB, 8);
    const wb3 = v128.load_splat<f32>(weightsB, 12);
    const wb4 = v128.load_splat<f32>(weightsB, 16);
    const wb5 = v128.load_splat<f32>(weightsB, 20);
    cornersA += 12;
    weightsA += 12;
    cornersB += 24;
    weightsB += 24;

    if (isFirst) {
      for (let c: usize = 0; c < stride; c += 16) {
        const score = v128.load(logits + c);
        v128.store(scores + c, score);
        max = f32x4.pmax(max, score);
      }
    } else {
      const factorA = f32x4.splat(load<f32>(first.after + at) * first.scale);
      const factorB = f32x4.splat(load<f32>(second.after + at) * second.scale);
      const va = first.values;
      const vb = second.values;
      for (let c: usize = 0; c < stride; c += 16) {
        let sumA = f32x4.mul(wa0, v128.load(va + a0 + c));
        sumA = f32x4.add(sumA, f32x4.mul(wa1, v128.load(va + a1 + c)));
        sumA = f32x4.add(sumA, f32x4.mul(wa2, v128.load(va + a2 + c)));
        let sumB = f32x4.mul(wb0, v128.load(vb + b0 + c));
        sumB = f32x4.add(sumB, f32x4.mul(wb1, v128.load(vb + b1 + c)));
        sumB = f32x4.add(sumB, f32x4.mul(wb2, v128.load(vb + b2 + c)));
        sumB = f32x4.add(sumB, f32x4.mul(wb3, v128.load(vb + b3 + c)));
        sumB = f32x4.add(sumB, f32x4.mul(wb4, v128.load(vb + b4 + c)));
        sumB = f32x4.add(sumB, f32x4.mul(wb5, v128.load(vb + b5 + c)));
        let score = f32x4.add(v128.load(logits + c), f32x4.mul(factorA, sumA));
        score = f32x4.add(score, f32x4.mul(factorB, sumB));
        v128.store(scores + c, score);
        max = f32x4.pmax(max, score);
      }
    }

    max = f32x4.pmax(max, v128.shuffle<i32>(max, max, 2, 3, 0, 1));
    max = f32x4.pmax(max, v128.shuffle<i32>(max, max, 1, 0, 3, 2));
    let total = f32x4.splat(0);
    for (let c: usize = 0; c < stride; c += 16) {
      const power = exponential(f32x4.sub(v128.load(scores + c), max));
      v128.store(scores + c, power);
      total = f32x4.add(total, power);
    }
    total = f32x4.add(total, v128.shuffle<i32>(total, total, 2, 3, 0, 1));
    total = f32x4.add(total, v128.shuffle<i32>(total, total, 1, 0, 3, 2));
    const inverse = f32x4.div(f32x4.splat(1), total);

    if (isLast) {
      for (let c: usize = 0; c < stride; c += 16) {
        v128.store(logits + c, f32x4.mul(v128.load(scores + c), inverse));
      }
    } else {
      const factorA = f32x4.mul(inverse, v128.load_splat<f32>(first.before + at));
      const factorB = f32x4.mul(inverse, v128.load_splat<f32>(second.before + at));
      const va = first.next;
      const vb = second.next;
      for (let c: usize = 0; c < stride; c += 16) {
        const power = v128.load(scores + c);
        const qa = f32x4.mul(power, factorA);
        const qb = f32x4.mul(power, factorB);
        addTo(va + a0 + c, f32x4.mul(wa0, qa));
        addTo(va + a1 + c, f32x4.mul(wa1, qa));
        addTo(va + a2 + c, f32x4.mul(wa2, qa));
        addTo(vb + b0 + c, f32x4.mul(wb0, qb));
        addTo(vb + b1 + c, f32x4.mul(wb1, qb));
        addTo(vb + b2 + c, f32x4.mul(wb2, qb));
        addTo(vb + b3 + c, f32x4.mul(wb3, qb));
        addTo(vb + b4 + c, f32x4.mul(wb4, qb));
        addTo(vb + b5 + c, f32x4.mul(wb5, qb));
      }
    }
    logits += stride;
  }
}

function addTo(address: usize, amount: v128): void {
  v128.store(address, f32x4.add(v128.load(address), amount));
}
