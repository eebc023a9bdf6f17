import { expect, test } from "vitest";
import { runOptions } from "./runRecipe.ts";

const options = (train: object, sec: object = {}, pictures: number = 2000) =>
  runOptions({ train, sec }, "out/classifier/checkpoint.safetensors", pictures);

test("without weights a small network learns from scratch, with them SqueezeNet goes on", () => {
  const scratch = options({});
  expect(scratch.train).toMatchObject({
    model: "smallnet",
    guidance: "self",
    epochs: 13,
    warmupEpochs: 10,
  });
  expect(scratch.sec).toMatchObject({ model: "smallnet_largefov" });
  const trained = options({ weights: "imagenet.h5" });
  expect(trained.train).toMatchObject({ model: "squeezenet1_1", guidance: "self" });
  expect(trained.train).toMatchObject({ epochs: 3, warmupEpochs: 1 });
  expect(trained.sec).toMatchObject({ model: "squeezenet1_1_largefov" });
});

test("masks guide the attention where they are given, and nothing else", () => {
  expect(options({ masks: 5 }).train.guidance).toBe("extra");
  expect(options({ masks: 5, guidance: "none" }).train.guidance).toBe("none");
});

test("the segmentation network starts from the classifier, and has its classes, seed and threads", () => {
  const train = { classes: ["cat"], seed: 3, threads: 1, recompute: true, epochs: 9 };
  const { sec } = options(train);
  expect(sec).toMatchObject({ weights: "out/classifier/checkpoint.safetensors", seed: 3 });
  expect(sec).toMatchObject({ classes: ["cat"], threads: 1, recompute: true });
  expect(sec.epochs).not.toBe(9);
  expect(options(train, { epochs: 2, weights: "own.h5" }).sec).toMatchObject({
    epochs: 2,
    weights: "own.h5",
  });
});

test("a classifier in an ONNX file is trained already; its segmentation network must be named", () => {
  const sec = { model: "squeezenet1_1_largefov", weights: "imagenet.h5" };
  const named = options({ model: "some.onnx" }, sec);
  expect(named.train).toMatchObject({ model: "some.onnx", epochs: 3, warmupEpochs: 1 });
  expect(named.sec).toMatchObject(sec);
  expect(() => options({ model: "some.onnx" })).toThrow(
    "Name one and its weights (gain run: --set-sec model=NAME --set-sec weights=FILE).",
  );
});

test("a batch has no more pictures than there are", () => {
  const { train, sec } = options({}, {}, 7);
  expect([train.batchSize, sec.batchSize]).toEqual([7, 7]);
  expect(options({ batchSize: 2 }, {}, 7).train.batchSize).toBe(2);
  expect(options({}, {}, 16).train.batchSize).toBeUndefined();
});

test("small data sets are passed over until there are steps enough, unless epochs are given", () => {
  // 300 steps of 16 of 64 pictures are 75 epochs; a third of them without the mining loss.
  const { train, sec } = options({ weights: "imagenet.h5" }, {}, 64);
  expect([train.epochs, train.warmupEpochs, sec.epochs]).toEqual([75, 25, 75]);
  expect(options({}, {}, 64).train.epochs).toBe(250);
  // Of 61 only 48 fill batches.
  expect(options({ weights: "imagenet.h5" }, {}, 61).train.epochs).toBe(100);
  const given = options({ weights: "imagenet.h5", epochs: 6 }, { epochs: 2 }, 64);
  expect([given.train.epochs, given.train.warmupEpochs, given.sec.epochs]).toEqual([6, 2, 2]);
});

test("a classifier without a segmentation network is refused", () => {
  expect(() => options({ model: "resnet" })).toThrow(/must have the trunk of/);
});
