import { expect, test } from "vitest";
import { listBackends, tryDevice } from "./tryDevice.ts";

test("ONNX Runtime's own list has the CPU, with binaries", async () => {
  const listing = await listBackends();
  expect(listing).toMatchObject({
    isLoaded: true,
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    backends: expect.arrayContaining([{ name: "cpu", bundled: true }]),
  });
});

test("the CPU computes a convolution right, at some speed", async () => {
  const trial = await tryDevice("cpu", { threads: 1 });
  expect(trial).toEqual({ isUsable: true, gigaflops: expect.any(Number) });
  expect(trial.isUsable && trial.gigaflops).toBeGreaterThan(0.01);
});

test("a device that does not answer is given up", async () => {
  expect(await tryDevice("cpu", { threads: 1, timeout: 5 })).toEqual({
    isUsable: false,
    reason: "no answer within 0.005 s",
  });
});
