/** Blending a glyph into a picture under an affine map. */
import { type Glyph, levelFor } from "./glyphs.ts";

/** A square picture, [side, side, 3] RGB in 0..255. */
export interface Canvas {
  readonly side: number;
  readonly pixels: Uint8ClampedArray;
}

/** Where and how a glyph lies on the canvas. */
export interface Pose {
  /** Centre, in pixels; the first pixel's centre is at 0.5. */
  readonly x: number;
  readonly y: number;
  /** Length of the glyph's longest side, in pixels. */
  readonly extent: number;
  /** Radians, clockwise. */
  readonly angle: number;
  readonly mirrored: boolean;
  /** Width is multiplied with it, height divided by it. */
  readonly stretch: number;
}

/** A linear map of colours: 3x3, row-major. */
export type ColorMatrix = readonly number[];

/**
 * Blends a glyph over the canvas (premultiplied "over") with bilinear samples.
 *
 * @param coverage  [side, side], takes the glyph's opacity at each pixel, 0..1; zeros before.
 */
export function drawGlyphInto(
  canvas: Canvas,
  coverage: Float32Array,
  glyph: Glyph,
  pose: Pose,
  colors: ColorMatrix,
): void {
  const { side, pixels: target } = canvas;
  const { width, height, pixels: source } = levelFor(glyph, pose.extent);
  const scale = pose.extent / Math.max(width, height);
  const [scaleX, scaleY] = [scale * pose.stretch, scale / pose.stretch];
  const [cos, sin] = [Math.cos(pose.angle), Math.sin(pose.angle)];
  const sign = pose.mirrored ? -1 : 1;
  // The canvas's square around the turned glyph.
  const reach = (Math.hypot(width * scaleX, height * scaleY) + 2) / 2;
  const firstX = Math.max(0, Math.floor(pose.x - reach));
  const lastX = Math.min(side, Math.ceil(pose.x + reach));
  const firstY = Math.max(0, Math.floor(pose.y - reach));
  const lastY = Math.min(side, Math.ceil(pose.y + reach));

  for (let y = firstY; y < lastY; y++) {
    for (let x = firstX; x < lastX; x++) {
      // From the canvas back to the glyph, measured from pixel centres.
      const dx = x + 0.5 - pose.x;
      const dy = y + 0.5 - pose.y;
      const u = (sign * (cos * dx + sin * dy)) / scaleX + width / 2 - 0.5;
      const v = (cos * dy - sin * dx) / scaleY + height / 2 - 0.5;
      if (u <= -1 || v <= -1 || u >= width || v >= height) continue;

      // The four neighbours; outside of the glyph all is transparent.
      const left = Math.floor(u);
      const top = Math.floor(v);
      let [r, g, b, a] = [0, 0, 0, 0];
      for (let j = top; j <= top + 1; j++) {
        if (j < 0 || j >= height) continue;
        const weightY = 1 - Math.abs(v - j);
        for (let i = left; i <= left + 1; i++) {
          if (i < 0 || i >= width) continue;
          const weight = weightY * (1 - Math.abs(u - i));
          const at = 4 * (j * width + i);
          r += weight * source[at];
          g += weight * source[at + 1];
          b += weight * source[at + 2];
          a += weight * source[at + 3];
        }
      }
      if (a <= 0) continue;

      const red = colors[0] * r + colors[1] * g + colors[2] * b;
      const green = colors[3] * r + colors[4] * g + colors[5] * b;
      const blue = colors[6] * r + colors[7] * g + colors[8] * b;
      const at = y * side + x;
      const rest = 1 - a / 255;
      target[3 * at] = Math.min(a, Math.max(0, red)) + rest * target[3 * at];
      target[3 * at + 1] = Math.min(a, Math.max(0, green)) + rest * target[3 * at + 1];
      target[3 * at + 2] = Math.min(a, Math.max(0, blue)) + rest * target[3 * at + 2];
      coverage[at] = a / 255;
    }
  }
}

/**
 * Turns the hue and scales the brightness: a rotation about the grey axis.
 *
 *   M = gain · (cos φ · I + (1 − cos φ)/3 · 1 + sin φ/√3 · K),   K = [0 −1 1; 1 0 −1; −1 1 0]
 *
 * @param turn  φ, radians.
 */
export function hueTurn(turn: number, gain: number): ColorMatrix {
  const cos = Math.cos(turn);
  const third = (1 - cos) / 3;
  const skew = Math.sin(turn) / Math.sqrt(3);
  const [same, next, previous] = [cos + third, third - skew, third + skew];
  return [same, next, previous, previous, same, next, next, previous, same].map((m) => gain * m);
}
