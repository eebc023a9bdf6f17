import { afterAll, beforeAll, expect, test } from "vitest";
import { attend } from "../gain/index.ts";
import { interpret } from "../graph/index.ts";
import { initialParameters, smallnet } from "../nn/index.ts";
import { Random } from "../random.ts";
import { Executor } from "../runtime/index.ts";
import { Attender } from "./attender.ts";

const size = 16;
const classes = 3;
const model = smallnet({ classes, inputSize: size });
const parameters = initialParameters(model, new Random(1));
const pixels = 3 * size * size;
const random = new Random(2);
const pictures = Float32Array.from({ length: 3 * pixels }, () => random.uniform(-2, 2));

let executor: Executor;
beforeAll(async () => {
  executor = await Executor.start({ device: "cpu", threads: 1 });
  await executor.setState(parameters);
});
afterAll(() => executor.close());

/** Between float32 runs of one network at different batch sizes, and against float64. */
const close = (values: ArrayLike<number>): number[] =>
  Array.from(values, (value) => expect.closeTo(value, 4));

test("the maps and logits of a picture are those of the graph", async () => {
  const attender = await Attender.start(executor, model, { batchSize: 2 });
  const [first, second] = await attender.attend(pictures.slice(0, 2 * pixels));
  const { logits, maps } = attend(model, 2);
  const state = [...parameters].map(([name, { data }]) => [name, data] as const);
  const feeds = { images: pictures.slice(0, 2 * pixels), ...Object.fromEntries(state) };
  const [expectedLogits, expectedMaps] = interpret([logits, maps], feeds);
  const plane = first.height * first.width;
  [first, second].forEach((picture, n) => {
    expect([picture.height, picture.width]).toEqual(maps.shape.slice(2));
    expect(Array.from(picture.logits)).toEqual(
      close(expectedLogits.slice(n * classes, (n + 1) * classes)),
    );
    for (let c = 0; c < classes; c++) {
      const start = (c * 2 + n) * plane;
      expect(Array.from(picture.maps.subarray(c * plane, (c + 1) * plane))).toEqual(
        close(expectedMaps.slice(start, start + plane)),
      );
    }
  });
});

test("what a picture gets does not depend on the others, nor on the batch's size", async () => {
  const attender = await Attender.start(executor, model, { batchSize: 3 });
  const together = await attender.attend(pictures);
  expect(together).toHaveLength(3);
  const single = await Attender.start(executor, model, { batchSize: 1 });
  for (const [n, { logits, maps }] of together.entries()) {
    const image = pictures.slice(n * pixels, (n + 1) * pixels);
    for (const other of [attender, single]) {
      const [alone] = await other.attend(image);
      expect(Array.from(logits)).toEqual(close(alone.logits));
      expect(Array.from(maps)).toEqual(close(alone.maps));
    }
  }
});

test("each map has its maximum at 1, or is zero everywhere", async () => {
  const attender = await Attender.start(executor, model);
  expect(attender.batchSize).toBe(16);
  for (const { maps, height, width } of await attender.attend(pictures)) {
    for (let c = 0; c < classes; c++) {
      const map = maps.subarray(c * height * width, (c + 1) * height * width);
      const highest = Math.max(...map);
      expect(Math.min(...map)).toBeGreaterThanOrEqual(0);
      expect(Math.min(Math.abs(highest - 1), highest)).toBeLessThan(1e-4);
    }
  }
});

test("another layer gives maps of its own size", async () => {
  const attender = await Attender.start(executor, model, { batchSize: 1, layer: "conv2" });
  const [{ maps, height, width }] = await attender.attend(pictures.slice(0, pixels));
  expect([height, width, maps.length]).toEqual([8, 8, classes * 64]);
});

test("the caller keeps its pictures, and none give none", async () => {
  const attender = await Attender.start(executor, model, { batchSize: 2 });
  const own = pictures.slice(0, pixels);
  await attender.attend(own);
  expect(own).toEqual(pictures.slice(0, pixels));
  expect(await attender.attend(new Float32Array(0))).toEqual([]);
});

test("too many pictures, or part of one, are refused", async () => {
  const attender = await Attender.start(executor, model, { batchSize: 2 });
  for (const length of [3 * pixels, pixels + 1]) {
    await expect(attender.attend(new Float32Array(length))).rejects.toThrow(
      new RangeError(`attend: images must be at most 2 of ${pixels} values; got ${length} values.`),
    );
  }
});
