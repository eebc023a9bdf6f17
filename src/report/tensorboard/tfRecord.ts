/** TFRecord: the framing of TensorBoard's event files. */

import { createRequire } from "node:module";

/** The package has no types of this file, and no ES module. */
const { buf: crc32c } = createRequire(import.meta.url)("crc-32/crc32c.js") as {
  readonly buf: (bytes: Uint8Array) => number;
};

/**
 * The checksum of a record's parts: CRC-32C (Castagnoli, RFC 3720), rotated and shifted, so that a
 * record within a record does not check itself.
 *
 *   masked = ((crc ≫ 15) | (crc ≪ 17)) + 0xa282ead8   mod 2³²      (tensorflow/core/lib/hash/crc32c.h)
 */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * One record: length (uint64), its checksum (uint32), the bytes, their checksum (uint32), all
 * little-endian (tensorflow/core/lib/io/record_writer.h).
 */
export function tfRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return bytes;
}
