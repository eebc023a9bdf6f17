import { expect, test } from "vitest";
import { checkCrf, checkPictures, deviceCheck, speedCheck } from "./libraries.ts";

test("a device that cannot be used is absent with its cure; without the CPU nothing works", () => {
  const reason =
    'load: ONNX Runtime refused the model on device "webgpu": /src/webgpu_context.cc:136 Initialize() status == Success was false. Failed to get a WebGPU adapter: No supported adapters\n. It needs a driver for Vulkan, Metal or Direct3D 12; else use the device cpu.';
  expect(deviceCheck("webgpu", { isUsable: false, reason })).toEqual({
    id: "device-webgpu",
    status: "absent",
    text: "device webgpu cannot be used: Failed to get a WebGPU adapter: No supported adapters",
    fix: "For --device webgpu install a driver of your graphics card for Vulkan (Linux: libvulkan1 and mesa-vulkan-drivers or the maker's), Metal or Direct3D 12",
    values: {},
  });
  expect(deviceCheck("cuda", { isUsable: false, reason: "no answer within 30 s" })).toMatchObject({
    status: "absent",
    text: "device cuda cannot be used: no answer within 30 s",
    fix: "For --device cuda install NVIDIA's driver, CUDA 12 and cuDNN 9, delete the line onnxruntime-node-install=skip from .npmrc, and run npm rebuild onnxruntime-node",
  });
  expect(
    deviceCheck("cpu", { isUsable: false, reason: "the process ended with SIGILL" }),
  ).toMatchObject({
    status: "failed",
    text: "device cpu cannot be used: the process ended with SIGILL",
  });
  expect(deviceCheck("cuda", { isUsable: true, gigaflops: 900 }).status).toBe("ok");
});

test("a slow processor is a warning", () => {
  expect(speedCheck(6, 4)).toMatchObject({
    status: "warning",
    text: "6 GFLOP/s in a convolution, 2 a thread",
  });
  expect(speedCheck(80, 4)).toMatchObject({ status: "ok" });
});

test("the CRF's two kernels agree, and sharp reads what data sets are made of", async () => {
  expect(checkCrf()).toMatchObject({
    status: "ok",
    text: "the CRF's WebAssembly kernel agrees with the one in JavaScript",
  });
  expect(await checkPictures()).toMatchObject({
    status: "ok",
    values: { formats: ["jpeg", "png", "webp", "gif", "tiff", "heif"] },
  });
});
