/** Between planes of classes and the classes of a pixel side by side. */

/** Pixels that are moved at a time: their classes stay in the nearest cache. */
const block: i32 = 128;

/**
 * −unary by pixel; classes that only fill up the last vector get −∞, so that their share is 0.
 *
 * @param logits  f32 [pixels rounded up to 4, stride / 4].
 * @param planes  f32 [classes, pixels].
 */
export function logitsInto(
  logits: usize,
  planes: usize,
  pixels: i32,
  classes: i32,
  stride: usize,
): void {
  const plane = usize(pixels) << 2;
  for (let start = 0; start < pixels; start += block) {
    const end = min(start + block, pixels);
    for (let c = 0; usize(c) << 2 < stride; c += 4) {
      for (let pixel = start; pixel < end; pixel += 4) {
        const from = planes + usize(c) * plane + (usize(pixel) << 2);
        const infinity = f32x4.splat(f32.POSITIVE_INFINITY);
        const p0 = v128.load(from);
        const p1 = c + 1 < classes ? v128.load(from + plane) : infinity;
        const p2 = c + 2 < classes ? v128.load(from + 2 * plane) : infinity;
        const p3 = c + 3 < classes ? v128.load(from + 3 * plane) : infinity;
        const low01 = v128.shuffle<i32>(p0, p1, 0, 4, 1, 5);
        const low23 = v128.shuffle<i32>(p2, p3, 0, 4, 1, 5);
        const high01 = v128.shuffle<i32>(p0, p1, 2, 6, 3, 7);
        const high23 = v128.shuffle<i32>(p2, p3, 2, 6, 3, 7);
        const to = logits + usize(pixel) * stride + (usize(c) << 2);
        v128.store(to, f32x4.neg(v128.shuffle<i64>(low01, low23, 0, 2)));
        v128.store(to + stride, f32x4.neg(v128.shuffle<i64>(low01, low23, 1, 3)));
        v128.store(to + 2 * stride, f32x4.neg(v128.shuffle<i64>(high01, high23, 0, 2)));
        v128.store(to + 3 * stride, f32x4.neg(v128.shuffle<i64>(high01, high23, 1, 3)));
      }
    }
  }
}

/** The way back: `byPixel` as planes of the true classes. */
export function planesInto(
  planes: usize,
  byPixel: usize,
  pixels: i32,
  classes: i32,
  stride: usize,
): void {
  const plane = usize(pixels) << 2;
  for (let start = 0; start < pixels; start += block) {
    const end = min(start + block, pixels);
    for (let c = 0; c < classes; c++) {
      const to = planes + usize(c) * plane;
      const from = byPixel + (usize(c) << 2);
      for (let pixel = start; pixel < end; pixel++) {
        store<f32>(to + (usize(pixel) << 2), load<f32>(from + usize(pixel) * stride));
      }
    }
  }
}
