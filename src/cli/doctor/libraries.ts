/** The libraries with binaries, each loaded so that its failure is an answer. */

import { availableParallelism } from "node:os";
import { meanField } from "../../crf/meanField.ts";
import { secCrf } from "../../crf/options.ts";
import { loadCrfKernel } from "../../crf/wasmKernel.ts";
import { messageOf } from "../../messageOf.ts";
import { Random } from "../../random.ts";
import type { Device } from "../../runtime/machine.ts";
import { listBackends, type Trial, tryDevice } from "../../runtime/tryDevice.ts";
import type { Check } from "./check.ts";

/** Formats that data sets are made of, with sharp's names. */
const neededFormats: Readonly<Record<string, string>> = {
  jpeg: "JPEG",
  png: "PNG",
  webp: "WebP",
  gif: "GIF",
  tiff: "TIFF",
  heif: "AVIF",
};

/** A processor of today does 10 to 60 on one thread; below this something holds it back. */
const slowGigaflops = 5;

const reinstall =
  "Remove node_modules and run npm ci on this machine: binaries of another do not fit";

/** ONNX Runtime, each of its devices, and the speed of the CPU. */
export async function checkRuntime(): Promise<Check[]> {
  const threads = availableParallelism();
  const listing = await listBackends();
  if (!listing.isLoaded) {
    const text = `ONNX Runtime cannot be loaded: ${oneLine(listing.reason)}`;
    return [{ id: "runtime", status: "failed", text, fix: reinstall, values: {} }];
  }
  const { version, backends } = listing;
  const names = backends.map(({ name, bundled }) => (bundled ? name : `${name} (if installed)`));
  const runtime: Check = {
    id: "runtime",
    status: "ok",
    text: `ONNX Runtime ${version}: ${names.join(", ")}`,
    values: { version, backends },
  };
  const devices: readonly Device[] = ["cpu", "webgpu", "cuda"];
  const checks: Check[] = [runtime];
  for (const device of devices) {
    if (!backends.some(({ name }) => name === device)) continue;
    const trial = await tryDevice(device, { threads });
    checks.push(deviceCheck(device, trial));
    if (device === "cpu" && trial.isUsable) checks.push(speedCheck(trial.gigaflops, threads));
  }
  return checks;
}

const deviceFixes: Readonly<Record<Device, string>> = {
  cpu: reinstall,
  webgpu:
    "For --device webgpu install a driver of your graphics card for Vulkan (Linux: libvulkan1 and mesa-vulkan-drivers or the maker's), Metal or Direct3D 12",
  cuda: "For --device cuda install NVIDIA's driver, CUDA 12 and cuDNN 9, delete the line onnxruntime-node-install=skip from .npmrc, and run npm rebuild onnxruntime-node",
};

export function deviceCheck(device: Device, trial: Trial): Check {
  const id = `device-${device}`;
  if (trial.isUsable) {
    const text = `device ${device} computes a convolution right`;
    return { id, status: "ok", text, values: { gigaflops: trial.gigaflops } };
  }
  return {
    id,
    status: device === "cpu" ? "failed" : "absent",
    text: `device ${device} cannot be used: ${oneLine(trial.reason)}`,
    fix: deviceFixes[device],
    values: {},
  };
}

export function speedCheck(gigaflops: number, threads: number): Check {
  const each = gigaflops / threads;
  const isSlow = each < slowGigaflops;
  return {
    id: "speed",
    status: isSlow ? "warning" : "ok",
    text: `${gigaflops.toFixed(0)} GFLOP/s in a convolution, ${each.toFixed(0)} a thread`,
    ...(isSlow && {
      fix: "Look for other programs (top), power saving, heat, or a container's limit: this is a fraction of what a processor does",
    }),
    values: { gigaflops, threads },
  };
}

/** ONNX Runtime's messages name its sources and repeat our cure; what matters is the rest. */
function oneLine(reason: string): string {
  const text = reason
    .replace(/^load: ONNX Runtime refused the model on device "\w+": /, "")
    .replace(/\. It needs .*$/s, "")
    .replace(/\S+\.cc:\d+ .* was false\. /, "")
    .replace(/\s+/g, " ")
    .trim();
  return text.replace(/\.$/, "");
}

export async function checkPictures(): Promise<Check> {
  const id = "pictures";
  try {
    const { default: sharp } = await import("sharp");
    const { format, versions } = sharp;
    const readable = new Map(Object.entries(format).map(([name, { input }]) => [name, input.file]));
    const missing = Object.keys(neededFormats).filter((name) => !readable.get(name));
    const names = Object.keys(neededFormats).filter((name) => readable.get(name));
    return {
      id,
      status: missing.length > 0 ? "warning" : "ok",
      text: `sharp ${versions.sharp}, libvips ${versions.vips}: ${names.map((name) => neededFormats[name]).join(", ")}`,
      ...(missing.length > 0 && {
        fix: `Use sharp's own libvips (npm rebuild sharp): this one does not read ${missing.map((name) => neededFormats[name]).join(", ")}`,
      }),
      values: { sharp: versions.sharp, vips: versions.vips, formats: names },
    };
  } catch (error) {
    const text = `sharp cannot be loaded: ${messageOf(error).split("\n")[0].replace(/\.$/, "")}`;
    return { id, status: "failed", text, fix: reinstall, values: {} };
  }
}

/** Both kernels add the same numbers in another order; float32 differs in the last places. */
const crfTolerance = 1e-4;

/** The WebAssembly kernel of the CRF against its twin. */
export function checkCrf(): Check {
  const id = "crf";
  const kernel = loadCrfKernel();
  if (kernel === undefined) {
    return {
      id,
      status: "warning",
      text: "the CRF's WebAssembly kernel is not there, so plain JavaScript computes it, slower",
      fix: "Run npm run build; WebAssembly SIMD must not be switched off",
      values: {},
    };
  }
  const [classes, width, height] = [3, 12, 10];
  const random = new Random(1);
  const unary = Float32Array.from({ length: classes * width * height }, () => random.uniform(0, 4));
  const image = Uint8Array.from({ length: 3 * width * height }, () => random.uniform(0, 256));
  const problem = { unary, image, classes, width, height };
  const [got, expected] = [kernel.infer(problem, secCrf), meanField(problem, secCrf)];
  const difference = got.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i])), 0);
  const isRight = difference <= crfTolerance;
  return {
    id,
    status: isRight ? "ok" : "failed",
    text: isRight
      ? "the CRF's WebAssembly kernel agrees with the one in JavaScript"
      : `the CRF's WebAssembly kernel is wrong by ${difference.toExponential(1)}`,
    ...(!isRight && { fix: "Run npm run build, and report this with your processor's name" }),
    values: { difference },
  };
}
