/** The pixels of an object, cut out of its picture's bitmap. */

/** Width and height, pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** A part of a picture's bitmap: what lies outside of it is 0. */
export interface BitmapPart extends PixelSize {
  readonly left: number;
  readonly top: number;
  /** 0 or 1, [height, width]. */
  readonly bits: Uint8Array;
}

/** Pixels of an object. */
export function areaOf({ bits }: BitmapPart): number {
  return bits.reduce((sum, bit) => sum + bit, 0);
}

/** An object's pixels on the whole picture, 0 or 1, [height, width]. */
export function wholeBitmap(
  { left, top, width, height, bits }: BitmapPart,
  size: PixelSize,
): Uint8Array {
  const whole = new Uint8Array(size.width * size.height);
  for (let y = 0; y < height; y++) {
    whole.set(bits.subarray(y * width, (y + 1) * width), (top + y) * size.width + left);
  }
  return whole;
}

/** The smallest part that holds all pixels that are 1; undefined if none is. */
export function partOf(bits: Uint8Array, { width, height }: PixelSize): BitmapPart | undefined {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (bits[y * width + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  if (left >= right) return undefined;
  const size = { width: right - left, height: bottom - top };
  const cut = new Uint8Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    const start = (top + y) * width + left;
    cut.set(bits.subarray(start, start + size.width), y * size.width);
  }
  return { left, top, ...size, bits: cut };
}

export function boxOf({
  left,
  top,
  width,
  height,
}: BitmapPart): Readonly<Record<"left" | "top" | "right" | "bottom", number>> {
  return { left, top, right: left + width, bottom: top + height };
}

/** The parts together. */
export function united(parts: readonly BitmapPart[]): BitmapPart {
  if (parts.length === 1) return parts[0];
  const left = Math.min(...parts.map((part) => part.left));
  const top = Math.min(...parts.map((part) => part.top));
  const width = Math.max(...parts.map((part) => part.left + part.width)) - left;
  const height = Math.max(...parts.map((part) => part.top + part.height)) - top;
  const bits = new Uint8Array(width * height);
  for (const part of parts) {
    for (let i = 0; i < part.bits.length; i++) {
      if (part.bits[i] === 0) continue;
      const x = part.left - left + (i % part.width);
      const y = part.top - top + Math.floor(i / part.width);
      bits[y * width + x] = 1;
    }
  }
  return { left, top, width, height, bits };
}
