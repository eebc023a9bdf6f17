/** Reads the weights of a model from a file of any supported format. */

import { open, readFile } from "node:fs/promises";
import { extname } from "node:path";
import { messageOf } from "../../messageOf.ts";
import { kerasWeights } from "./keras.ts";
import { onnxWeights } from "./onnx.ts";
import { pytorchWeights } from "./pytorch.ts";
import { safetensorsWeights } from "./safetensors.ts";
import { type Weights, WeightsError } from "./types.ts";

type Format = "safetensors" | "HDF5" | "ONNX" | "PyTorch";

const formats: Readonly<Record<string, Format>> = {
  ".safetensors": "safetensors",
  ".h5": "HDF5",
  ".hdf5": "HDF5",
  ".onnx": "ONNX",
  ".pth": "PyTorch",
  ".pt": "PyTorch",
};

const readers: Readonly<Record<Format, (path: string) => Promise<Weights>>> = {
  safetensors: async (path) => safetensorsWeights(await readFile(path), path),
  HDF5: kerasWeights,
  ONNX: async (path) => onnxWeights(await readFile(path), path),
  PyTorch: pytorchWeights,
};

/**
 * All floating-point tensors of a file, as float32, kernels as [out, in, height, width] and
 * [out, in], under the file's names (see `matchWeights`). Tensors may be views of one buffer.
 *
 * @param path  A `.safetensors`, `.h5` (Keras), `.onnx`, `.pth` or `.pt` file.
 * @throws {WeightsError} When the file cannot be read, or is not what its extension says.
 */
export async function readWeights(path: string): Promise<Weights> {
  const extension = extname(path).toLowerCase();
  const format = formats[extension];
  if (format === undefined) {
    throw new WeightsError(
      `${path}: extension must be one of ${Object.keys(formats).join(", ")}; got ` +
        `"${extension}". Convert the weights to safetensors.`,
    );
  }
  const head = await readHead(path);
  const found = formatOf(head);
  if (found === "legacy PyTorch" && format === "PyTorch") {
    throw new WeightsError(
      `${path}: must be in PyTorch's zip form; got the form from before PyTorch 1.6. Save it ` +
        'again with a newer one: torch.save(torch.load(file, map_location="cpu"), file).',
    );
  }
  if (found !== format) {
    throw new WeightsError(
      `${path}: must be a whole ${format} file, as its extension says; got ` +
        `${found === undefined ? "something else" : `a ${found} file`}. ` +
        `${found === undefined ? "Download or save it again" : "Give it the extension of its format"}.`,
    );
  }
  return readers[format](path);
}

/** The first bytes; enough to tell the formats apart. */
async function readHead(path: string): Promise<Buffer> {
  try {
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const reason = messageOf(error);
    throw new WeightsError(
      `${path}: weights must be a file that can be read (${reason}). Check the path.`,
      { cause: error },
    );
  }
}

function formatOf(head: Buffer): Format | "legacy PyTorch" | undefined {
  const starts = (bytes: readonly number[]): boolean => bytes.every((byte, i) => head[i] === byte);
  // First, because the length of its header, less than 100 MB of JSON, may look like the others.
  if (head.length > 8 && head[8] === 0x7b && head.readUInt32LE(4) === 0) return "safetensors";
  if (starts([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a])) return "HDF5";
  if (starts([0x50, 0x4b, 0x03, 0x04])) return "PyTorch";
  if (starts([0x80, 0x02])) return "legacy PyTorch";
  // Field 1 of an ONNX model, its IR version.
  if (head[0] === 0x08) return "ONNX";
  return undefined;
}
