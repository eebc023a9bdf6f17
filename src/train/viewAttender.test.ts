import { afterAll, beforeAll, expect, test } from "vitest";
import { camMethodNames } from "../gain/index.ts";
import { initialParameters, smallnet } from "../nn/index.ts";
import { Random } from "../random.ts";
import { Executor } from "../runtime/index.ts";
import { Attender } from "./attender.ts";
import { MaskedScores } from "./maskedScores.ts";
import { Scorer } from "./scorer.ts";
import { ViewAttender } from "./viewAttender.ts";

const size = 16;
const classes = 3;
const model = smallnet({ classes, inputSize: size });
const pixels = 3 * size * size;
const random = new Random(2);
const pictures = Float32Array.from({ length: 3 * pixels }, () => random.uniform(-2, 2));

let executor: Executor;
beforeAll(async () => {
  executor = await Executor.start({ device: "cpu", threads: 1 });
  await executor.setState(initialParameters(model, new Random(1)));
});
afterAll(() => executor.close());

/** Between float32 runs of one network at different batch sizes. */
const close = (values: ArrayLike<number>): number[] =>
  Array.from(values, (value) => expect.closeTo(value, 4));

/** Each class's map divided by its maximum. */
function scaled(maps: Float32Array): number[] {
  const plane = maps.length / classes;
  return Array.from(maps, (value, i) => {
    const start = Math.floor(i / plane) * plane;
    const high = Math.max(...maps.subarray(start, start + plane));
    return high === 0 ? 0 : value / high;
  });
}

test("every view's maps are those of an attender of its own, and Grad-CAM's come besides", async () => {
  const views = ["conv4", "conv6"].flatMap((layer) =>
    camMethodNames.map((method) => ({ method, layer })),
  );
  const together = await ViewAttender.start(executor, model, { views, batchSize: 2 });
  const images = pictures.slice(0, 2 * pixels);
  const seen = await together.attend(images);
  const plain = await (await Attender.start(executor, model, { batchSize: 2 })).attend(images);
  for (const [n, picture] of seen.entries()) {
    expect(Array.from(picture.logits)).toEqual(close(plain[n].logits));
    expect(Array.from(picture.maps)).toEqual(close(plain[n].maps));
  }
  for (const [v, view] of views.entries()) {
    const attender = await Attender.start(executor, model, { batchSize: 2, ...view });
    const alone = await attender.attend(images);
    for (const [n, picture] of seen.entries()) {
      const { maps, height, width } = await picture.views[v]();
      expect([height, width]).toEqual([alone[n].height, alone[n].width]);
      expect(scaled(maps)).toEqual(close(alone[n].maps));
      expect(Array.from(picture.logits)).toEqual(close(alone[n].logits));
    }
  }
});

test("Score-CAM depends on neither the batch nor how many channels are asked at a time", async () => {
  const [one, many] = await Promise.all(
    [5, 64].map((batchSize) => MaskedScores.start(executor, model, { layer: "conv4", batchSize })),
  );
  const image = pictures.subarray(pixels, 2 * pixels);
  expect(Array.from((await one.maps(image)).maps)).toEqual(close((await many.maps(image)).maps));
});

test("with fewer channels Score-CAM is another map, of the strongest ones", async () => {
  const image = pictures.slice(0, pixels);
  const of = async (channels: number): Promise<number[]> => {
    const scores = await MaskedScores.start(executor, model, { layer: "conv4", channels });
    return scaled((await scores.maps(image)).maps);
  };
  const [all, none] = [await of(64), await of(1000)];
  expect(none).toEqual(all);
  expect(await of(3)).not.toEqual(all);
  await expect(MaskedScores.start(executor, model, { channels: 0 })).rejects.toThrow(
    "MaskedScores: channels must be a positive integer; got 0.",
  );
});

test("a layer that is not there is named", async () => {
  const views = [{ method: "layer-cam", layer: "conv9" }] as const;
  await expect(ViewAttender.start(executor, model, { views })).rejects.toThrow(
    'attention: layer must be one of conv1, conv2, conv3, conv4, conv5, conv6, head; got "conv9".',
  );
});

test("the scorer gives each painted picture the logits that it has alone, painting in order", async () => {
  const scorer = await Scorer.start(executor, model, { batchSize: 2 });
  const painted: number[] = [];
  const logits = await scorer.logits(3, (n, image) => {
    painted.push(n);
    image.set(pictures.subarray(n * pixels, (n + 1) * pixels));
  });
  expect(painted).toEqual([0, 1, 2]);
  const attended = await (await Attender.start(executor, model)).attend(pictures);
  expect(Array.from(logits)).toEqual(close(attended.flatMap((picture) => [...picture.logits])));
  expect(await scorer.logits(0, () => undefined)).toHaveLength(0);
});
