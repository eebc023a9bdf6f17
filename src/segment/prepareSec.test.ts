import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { tinyCues } from "../../test/cli/tinyCues.ts";
import { temporaryFolder, tinyData } from "../../test/cli/tinyData.ts";
import { newSec } from "./prepareSec.ts";

let data = "";
let cues = "";
beforeAll(async () => {
  const folder = await temporaryFolder();
  data = await tinyData(folder);
  cues = await tinyCues(data, join(folder, "cues"));
});

const optionsOf = async (model: string, given: object = {}) =>
  (await newSec({ data, cues }, { model, ...given })).config.options;

test("VGG16 is trained as SEC was, networks with a new head by a recipe of their own", async () => {
  expect(await optionsOf("vgg16_largefov")).toMatchObject({
    optimizer: { kind: "sgd", form: "caffe", momentum: 0.9, weightDecay: 5e-4 },
    ...{ learningRate: 1e-3, headRateFactor: 10, biasRateFactor: 2, dropout: true },
  });
  for (const model of ["squeezenet1_1_largefov", "smallnet_largefov"]) {
    expect(await optionsOf(model), model).toMatchObject({
      optimizer: { kind: "adam" },
      schedule: { kind: "poly", power: 0.9 },
      ...{ learningRate: 1e-4, headRateFactor: 10, biasRateFactor: 1, dropout: false },
    });
  }
});

test("what is given goes before the recipe", async () => {
  const given = { dropout: true, learningRate: 1e-2, optimizer: { kind: "sgd" } };
  expect(await optionsOf("smallnet_largefov", given)).toMatchObject({
    ...{ dropout: true, learningRate: 1e-2, biasRateFactor: 1 },
    optimizer: { kind: "sgd", form: "pytorch" },
  });
});
