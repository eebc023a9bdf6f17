import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import h5 from "h5wasm/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeOnnx } from "../../onnx/proto.ts";
import { readWeights } from "./read.ts";
import { encodeSafetensors } from "./safetensors.ts";
import { WeightsError } from "./types.ts";

const golden = "test/golden/weights";
const shared = "../shared/weights";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weights-"));
});

afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** A small Keras file: a 2x2 convolution of 1 to 2 channels, and two dense layers. */
async function kerasFile(name: string): Promise<string> {
  await h5.ready;
  const path = join(folder, name);
  const root = new h5.File(path, "w");
  const add = (layer: string, weight: string, shape: number[]): void => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i);
    const group = (root.get(layer) ?? root.create_group(layer)) as InstanceType<typeof h5.Group>;
    const inner = (group.get(layer) ?? group.create_group(layer)) as typeof group;
    inner.create_dataset({ name: weight, data, shape });
  };
  root.create_attribute("layer_names", ["conv1", "flatten", "fc1", "fc2"]);
  add("conv1", "kernel:0", [2, 2, 1, 2]);
  add("conv1", "bias:0", [2]);
  add("fc1", "kernel:0", [8, 2]);
  add("fc1", "bias:0", [2]);
  add("fc2", "kernel:0", [2, 3]);
  for (const layer of ["conv1", "fc1"]) {
    const group = root.get(layer) as InstanceType<typeof h5.Group>;
    group.create_attribute("weight_names", [`${layer}/kernel:0`, `${layer}/bias:0`]);
  }
  root.create_group("flatten");
  const last = root.get("fc2") as InstanceType<typeof h5.Group>;
  last.create_attribute("weight_names", ["fc2/kernel:0"]);
  root.close();
  return path;
}

function isSameBits(a: Float32Array, b: Float32Array | undefined): boolean {
  if (b === undefined) return false;
  return (
    Buffer.compare(
      Buffer.from(a.buffer, a.byteOffset, a.byteLength),
      Buffer.from(b.buffer, b.byteOffset, b.byteLength),
    ) === 0
  );
}

test.skipIf(!existsSync("../shared"))(
  "the three files of SqueezeNet hold the same tensors, bit for bit",
  async () => {
    const reference = await readWeights(`${shared}/squeezenet1_1.safetensors`);
    expect(reference.size).toBe(50);
    for (const other of ["squeezenet1_1_notop.h5", "squeezenet1_1_notop.onnx"]) {
      const weights = await readWeights(`${shared}/${other}`);
      expect(weights.size).toBe(50);
      for (const [name, { shape, data }] of weights) {
        const same = reference.get(name.replace("/", "."));
        expect([name, shape]).toEqual([name, same?.shape]);
        expect(isSameBits(data, same?.data), name).toBe(true);
      }
    }
  },
);

test("kernels of Keras become [out, in, height, width] and pictures channel-first", async () => {
  const weights = await readWeights(await kerasFile("layers.h5"));
  expect([...weights.keys()]).toEqual([
    "conv1.weight",
    "conv1.bias",
    "fc1.weight",
    "fc1.bias",
    "fc2.weight",
  ]);
  expect(weights.get("conv1.weight")).toEqual({
    shape: [2, 1, 2, 2],
    data: Float32Array.of(0, 2, 4, 6, 1, 3, 5, 7),
  });
  // Row r of the dense kernel is pixel r / 2, channel r % 2; element [r, o] is 2 r + o.
  expect(weights.get("fc1.weight")).toEqual({
    shape: [2, 8],
    data: Float32Array.of(0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11, 15),
  });
  expect(weights.get("fc2.weight")).toEqual({
    shape: [3, 2],
    data: Float32Array.of(0, 3, 1, 4, 2, 5),
  });
});

test("reading Keras files again and again leaves no file open and no memory taken", async () => {
  const library = await h5.ready;
  const path = await kerasFile("again.h5");
  await readWeights(path);
  const before = library.HEAPU8.length;
  for (let i = 0; i < 200; i++) await readWeights(path);
  expect(library.HEAPU8.length).toBe(before);
  library.activate_throwing_error_handler();
  expect(() => new h5.File(path, "w").close(), "HDF5 truncates no open file").not.toThrow();
});

test("tensors of a PyTorch file are read whatever their type and strides", async () => {
  const weights = await readWeights(`${golden}/tensors.pth`);
  const eighths = (...values: number[]): Float32Array => Float32Array.from(values, (v) => v / 8);
  const all = Array.from({ length: 24 }, (_, i) => i);
  expect(Object.fromEntries(weights)).toEqual({
    "dense.weight": { shape: [2, 3, 4], data: eighths(...all) },
    "transposed.weight": {
      shape: [6, 4],
      data: eighths(...all.map((i) => (i % 4) * 6 + Math.floor(i / 4))),
    },
    "sliced.weight": { shape: [2, 3], data: eighths(6, 8, 10, 12, 14, 16) },
    "parameter.bias": { shape: [2], data: Float32Array.of(1.5, -2.25) },
    scalar: { shape: [], data: Float32Array.of(0.5) },
    empty: { shape: [0, 3], data: new Float32Array() },
    half: { shape: [5], data: Float32Array.of(1, -0.5, 65504, 2 ** -24, Infinity) },
    brain: { shape: [3], data: Float32Array.of(1, -0.5, 2 ** 127) },
    double: { shape: [2], data: Float32Array.of(0.1, -Infinity) },
  });
});

test("the state dict inside a checkpoint is found, without DataParallel's prefix", async () => {
  const weights = await readWeights(`${golden}/checkpoint.pth`);
  expect([...weights.keys()].sort()).toEqual([
    "0.bias",
    "0.weight",
    "1.bias",
    "1.running_mean",
    "1.running_var",
    "1.weight",
  ]);
  expect(weights.get("0.weight")).toEqual({
    shape: [2, 1, 1, 1],
    data: Float32Array.of(0.25, 0.25),
  });
});

test("a pickle that would run a command is refused by the command's name and never run", async () => {
  const cure =
    "Nothing of it was run. Save only the tensors: torch.save(model.state_dict(), file).";
  await expect(readWeights(`${golden}/malicious.pth`)).rejects.toThrow(
    new WeightsError(
      `${golden}/malicious.pth: must hold tensors only; it asks for "posix.system", which is ` +
        `neither a tensor nor a container. ${cure}`,
    ),
  );
  expect(existsSync("malicious-pickle-was-run")).toBe(false);
  await expect(readWeights(`${golden}/module.pth`)).rejects.toThrow(
    new WeightsError(
      `${golden}/module.pth: must hold tensors only; it asks for ` +
        `"torch.nn.modules.linear.Linear", which is neither a tensor nor a container. ${cure}`,
    ),
  );
});

test("other forms of PyTorch files are errors with their cure", async () => {
  await expect(readWeights(`${golden}/legacy.pth`)).rejects.toThrow(
    new WeightsError(
      `${golden}/legacy.pth: must be in PyTorch's zip form; got the form from before PyTorch ` +
        "1.6. Save it again with a newer one: " +
        'torch.save(torch.load(file, map_location="cpu"), file).',
    ),
  );
  await expect(readWeights(`${golden}/list.pth`)).rejects.toThrow(
    new WeightsError(
      `${golden}/list.pth: must hold a state dict; got a file without named tensors. Save one: ` +
        "torch.save(model.state_dict(), file).",
    ),
  );
});

test("an HDF5 file that does not name its layers is an error with its cure", async () => {
  await h5.ready;
  const path = join(folder, "plain.h5");
  const root = new h5.File(path, "w");
  root.create_dataset({ name: "w", data: Float32Array.of(1) });
  root.close();
  await expect(readWeights(path)).rejects.toThrow(
    new WeightsError(
      `${path}: must name its layers as Keras 2 does (attribute layer_names); got an HDF5 file ` +
        'without. Save the weights with model.save_weights("weights.h5") of tf.keras 2, or ' +
        "convert them to safetensors.",
    ),
  );
});

test("a safetensors file is known whatever the length of its header", async () => {
  for (let length = 0; length < 900; length += 8) {
    const metadata = { note: "x".repeat(length) };
    const tensors = new Map([["w", { shape: [1], data: Float32Array.of(1) }]]);
    const path = await written("a.safetensors", encodeSafetensors(tensors, metadata));
    expect((await readWeights(path)).size).toBe(1);
  }
});

test("a damaged pickle gives weights or an error that names the file, nothing else", async () => {
  const whole = await readFile(`${golden}/tensors.pth`);
  const start = whole.indexOf("data.pkl");
  await fc.assert(
    fc.asyncProperty(fc.nat(900), fc.nat(255), async (offset, byte) => {
      const bytes = Buffer.from(whole);
      bytes[start + 8 + offset] = byte;
      const path = await written("damaged.pth", bytes);
      const result: unknown = await readWeights(path).catch((error: unknown) => error);
      if (result instanceof Map) return;
      expect(result).toBeInstanceOf(WeightsError);
      expect(String(result)).toContain(`${path}: `);
    }),
    { seed: 1, numRuns: 150 },
  );
});

test("a truncated file of any format is an error that names it", async () => {
  const model = encodeOnnx({
    opset: 17,
    irVersion: 8,
    producer: "",
    metadata: {},
    graph: {
      name: "",
      inputs: [],
      outputs: [],
      nodes: [],
      initializers: [{ name: "w", type: "float32", shape: [64], data: new Float32Array(64) }],
    },
  });
  const tensors = new Map([["w", { shape: [64], data: new Float32Array(64) }]]);
  const files = {
    "cut.onnx": model,
    "cut.safetensors": encodeSafetensors(tensors),
    "cut.pth": await readFile(`${golden}/tensors.pth`),
    "cut.h5": await readFile(await kerasFile("whole.h5")),
  };
  for (const [name, bytes] of Object.entries(files)) {
    for (const size of [0, 3, 12, 40, bytes.length >> 1, bytes.length - 1]) {
      const path = await written(name, bytes.subarray(0, size));
      const error: unknown = await readWeights(path).catch((reason: unknown) => reason);
      expect(error, `${name} cut to ${size} bytes`).toBeInstanceOf(WeightsError);
      expect(String(error)).toContain(`${path}: `);
      expect(String(error)).not.toContain("\n");
    }
  }
});

test("a file with another format's extension is an error that names both", async () => {
  const path = join(folder, "tensors.h5");
  await copyFile(`${golden}/tensors.pth`, path);
  await expect(readWeights(path)).rejects.toThrow(
    new WeightsError(
      `${path}: must be a whole HDF5 file, as its extension says; got a PyTorch file. ` +
        "Give it the extension of its format.",
    ),
  );
  await expect(readWeights("net.caffemodel")).rejects.toThrow(
    new WeightsError(
      "net.caffemodel: extension must be one of .safetensors, .h5, .hdf5, .onnx, .pth, .pt; got " +
        '".caffemodel". Convert the weights to safetensors.',
    ),
  );
  await expect(readWeights("missing.h5")).rejects.toThrow(/^missing\.h5: weights must be a file/);
});
