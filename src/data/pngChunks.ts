/** The frame of a PNG file: its signature and its chunks with their checksums. */

export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
}

export const pngSignature: Uint8Array = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/**
 * The chunks up to and with IEND.
 *
 * @throws {Error} When this is no PNG, or it is cut short or damaged; the message is a clause
 *                 without subject ("is cut short").
 */
export function readPngChunks(bytes: Uint8Array): PngChunk[] {
  if (pngSignature.some((byte, i) => bytes[i] !== byte)) throw new Error("is not a PNG file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: PngChunk[] = [];
  for (let start = pngSignature.length; ; ) {
    if (start + 12 > bytes.length) throw new Error("is cut short");
    const end = start + 8 + view.getUint32(start);
    if (end + 4 > bytes.length) throw new Error("is cut short");
    if (view.getUint32(end) !== crc32(bytes.subarray(start + 4, end))) {
      throw new Error("is damaged (a checksum does not match)");
    }
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8));
    chunks.push({ type, data: bytes.subarray(start + 8, end) });
    if (type === "IEND") return chunks;
    start = end + 4;
  }
}

export function writePngChunks(chunks: readonly PngChunk[]): Uint8Array {
  const length = chunks.reduce((sum, { data }) => sum + 12 + data.length, pngSignature.length);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set(pngSignature);
  let start = pngSignature.length;
  for (const { type, data } of chunks) {
    const end = start + 8 + data.length;
    view.setUint32(start, data.length);
    for (let i = 0; i < 4; i++) bytes[start + 4 + i] = type.charCodeAt(i);
    bytes.set(data, start + 8);
    view.setUint32(end, crc32(bytes.subarray(start + 4, end)));
    start = end + 4;
  }
  return bytes;
}

// zlib.crc32 came with Node 20.15; package.json promises 20.9.
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 255];
  return (crc ^ 0xffffffff) >>> 0;
}
