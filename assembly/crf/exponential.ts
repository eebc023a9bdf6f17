/**
 * eˣ for x ≤ 0, four at once: eˣ = 2ⁿ eʳ with |r| ≤ ½ ln 2, and Cephes' polynomial (expf) for eʳ.
 *
 * Relative error at most 1.2e-7 for x > −60 (denseCrf.test.ts bounds it). Below that the result is 0
 * instead of less than 9e-27: no marginal becomes subnormal, which processors are slow at.
 */
export function exponential(x: v128): v128 {
  const isKept = f32x4.gt(x, f32x4.splat(-60));
  const clamped = f32x4.pmax(x, f32x4.splat(-60));
  // adding 1.5 · 2²³ rounds to an integer, which then lies in the lowest bits
  const shifted = f32x4.add(
    f32x4.mul(clamped, f32x4.splat(f32(Math.LOG2E))),
    f32x4.splat(12582912),
  );
  const n = f32x4.sub(shifted, f32x4.splat(12582912));
  // ln 2 in two parts, the first with few bits, so that n times it is exact
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.1219444e-4)));
  let p = f32x4.splat(1.98756915e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  // times 2ⁿ: added to the exponent's bits
  return v128.and(i32x4.add(p, i32x4.shl(shifted, 23)), isKept);
}
