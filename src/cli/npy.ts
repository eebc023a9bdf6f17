/** NumPy's file format for arrays, version 1.0. */

/**
 * The bytes of a `.npy` file: magic, version, length of the header, header, values.
 *
 * @param data  float32, row-major, of shape `shape`.
 */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  // Magic, version and length take 10 bytes; the values start at a multiple of 64.
  const padding = (64 - ((10 + dictionary.length + 1) % 64)) % 64;
  const header = `${dictionary}${" ".repeat(padding)}\n`;
  const bytes = Buffer.alloc(10 + header.length + 4 * data.length);
  bytes.write("\x93NUMPY\x01\x00", 0, "latin1");
  bytes.writeUInt16LE(header.length, 8);
  bytes.write(header, 10, "latin1");
  for (const [i, value] of data.entries()) bytes.writeFloatLE(value, 10 + header.length + 4 * i);
  return bytes;
}
