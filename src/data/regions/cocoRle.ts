/** COCO's run-length encoding of a 0/1 bitmap: runs of 0 and 1 in turn, 0 first, column by column. */

/** As in COCO's JSON; `counts` are the runs, or a text that packs them. */
export interface CocoRle {
  /** Height and width, pixels. */
  readonly size: readonly [height: number, width: number];
  readonly counts: string | readonly number[];
}

/** The most pixels of a bitmap: as many as a picture may have (libvips' limit of 16383²). */
export const mostPixels: number = 16383 ** 2;

/**
 * The bitmap, 0 or 1, [height, width].
 *
 * @throws {RangeError} When the size or a run is none, or the runs do not fill the bitmap.
 */
export function decodeCocoRle({ size: [height, width], counts }: CocoRle): Uint8Array {
  requireSize(height, width);
  const runs = typeof counts === "string" ? unpack(counts) : counts;
  requireRuns(runs, height * width, `${height} x ${width}`);
  const bits = new Uint8Array(height * width);
  let start = 0;
  for (const [i, run] of runs.entries()) {
    if (i % 2 === 1) {
      for (let at = start; at < start + run; at++) {
        bits[(at % height) * width + Math.floor(at / height)] = 1;
      }
    }
    start += run;
  }
  return bits;
}

/** The runs of a bitmap [height, width], of 0 first, which may be empty. */
export function cocoRuns(bits: Uint8Array, width: number, height: number): number[] {
  requireBits(bits, width, height);
  const runs: number[] = [];
  let value = 0;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (bits[y * width + x] !== value) {
        runs.push(run);
        run = 0;
        value = 1 - value;
      }
      run++;
    }
  }
  runs.push(run);
  return runs;
}

/** The bitmap [height, width] with its runs packed into a text, as pycocotools writes them. */
export function encodeCocoRle(
  bits: Uint8Array,
  width: number,
  height: number,
): { readonly size: readonly [number, number]; readonly counts: string } {
  return { size: [height, width], counts: pack(cocoRuns(bits, width, height)) };
}

/**
 * Runs as a text. From the fourth on, a run is stored as its difference to the one before the last;
 * then five bits a character, the low ones first, 32 added where more follow, all from "0" on. The
 * highest bit of the last five is the sign.
 */
function pack(runs: readonly number[]): string {
  let text = "";
  for (const [i, run] of runs.entries()) {
    let rest = i > 2 ? run - runs[i - 2] : run;
    let hasMore = true;
    while (hasMore) {
      const five = rest & 31;
      rest >>= 5;
      hasMore = five & 16 ? rest !== -1 : rest !== 0;
      text += String.fromCharCode(48 + five + (hasMore ? 32 : 0));
    }
  }
  return text;
}

/** A number of 32 bits and a sign takes this many characters at most. */
const longest = 7;

function unpack(text: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let scale = 1;
    for (let hasMore = true; hasMore; at++, scale *= 32) {
      const code = text.charCodeAt(at) - 48;
      // Past the end of the text the code is not a number.
      if (!(code >= 0 && code < 64) || scale > 32 ** (longest - 1)) {
        throw new RangeError(
          `COCO RLE: counts must be pycocotools' packed text; character ${at + 1} of ${text.length} is wrong or lacking.`,
        );
      }
      value += (code & 31) * scale;
      hasMore = (code & 32) !== 0;
      if (!hasMore && (code & 16) !== 0) value -= 32 * scale;
    }
    runs.push(runs.length > 2 ? value + runs[runs.length - 2] : value);
  }
  return runs;
}

function requireRuns(runs: readonly number[], pixels: number, size: string): void {
  const bad = runs.findIndex((run) => !Number.isInteger(run) || run < 0);
  if (bad >= 0) {
    throw new RangeError(
      `COCO RLE: counts must be whole numbers of at least 0; got ${runs[bad]} as number ${bad + 1}.`,
    );
  }
  const sum = runs.reduce((a, b) => a + b, 0);
  if (sum !== pixels) {
    throw new RangeError(
      `COCO RLE: counts must add up to the ${pixels} pixels of the size ${size}; got ${sum}.`,
    );
  }
}

function requireSize(height: number, width: number): void {
  const isSide = (side: number): boolean => Number.isInteger(side) && side >= 1;
  if (isSide(height) && isSide(width) && height * width <= mostPixels) return;
  throw new RangeError(
    `COCO RLE: size must be a height and a width of at least 1 with at most ${mostPixels} pixels; got [${height}, ${width}].`,
  );
}

function requireBits(bits: Uint8Array, width: number, height: number): void {
  if (bits.length === width * height && bits.length > 0) return;
  throw new RangeError(
    `COCO RLE: bits must hold width x height values; got ${bits.length} for ${width}x${height}.`,
  );
}
