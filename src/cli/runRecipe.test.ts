import { expect, test } from "vitest";
import { runOptions } from "./runRecipe.ts";

const options = (train: object, sec: object = {}, pictures: number = 100) =>
  runOptions({ train, sec }, "out/classifier/checkpoint.safetensors", pictures);

test("without weights a small network learns from scratch, with them SqueezeNet goes on", () => {
  const scratch = options({});
  expect(scratch.train).toMatchObject({ model: "smallnet", guidance: "self", warmupEpochs: 10 });
  expect(scratch.sec).toMatchObject({ model: "smallnet_largefov" });
  const trained = options({ weights: "imagenet.h5" });
  expect(trained.train).toMatchObject({ model: "squeezenet1_1", guidance: "self" });
  expect(trained.train.warmupEpochs).toBeUndefined();
  expect(trained.sec).toMatchObject({ model: "squeezenet1_1_largefov" });
});

test("masks guide the attention where they are given, and nothing else", () => {
  expect(options({ masks: 5 }).train.guidance).toBe("extra");
  expect(options({ masks: 5, guidance: "none" }).train.guidance).toBe("none");
});

test("the segmentation network starts from the classifier, and has its classes, seed and threads", () => {
  const train = { classes: ["cat"], seed: 3, threads: 1, epochs: 9 };
  const { sec } = options(train);
  expect(sec).toMatchObject({ weights: "out/classifier/checkpoint.safetensors", seed: 3 });
  expect(sec).toMatchObject({ classes: ["cat"], threads: 1 });
  expect(sec.epochs).not.toBe(9);
  expect(options(train, { epochs: 2, weights: "own.h5" }).sec).toMatchObject({
    epochs: 2,
    weights: "own.h5",
  });
});

test("a batch has no more pictures than there are", () => {
  const { train, sec } = options({}, {}, 7);
  expect([train.batchSize, sec.batchSize]).toEqual([7, 7]);
  expect(options({ batchSize: 2 }, {}, 7).train.batchSize).toBe(2);
  expect(options({}, {}, 16).train.batchSize).toBeUndefined();
});

test("a classifier without a segmentation network is refused", () => {
  expect(() => options({ model: "resnet" })).toThrow(/must have the trunk of/);
});
