import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { input } from "../../../src/graph/index.ts";
import { importOnnx } from "../../../src/nn/imported/index.ts";
import { guidedStepDeviations } from "./guidedStep.ts";
import { cases, fileOf, isLong } from "./importedCase.ts";

describe.each(cases.map((golden) => [golden.name, golden] as const))("%s", (_, golden) => {
  let file = new Uint8Array();
  beforeAll(() => {
    file = fileOf(golden);
  });
  afterAll(() => {
    file = new Uint8Array();
  });

  test("has PyTorch's weights, and its attention where PyTorch's was computed", () => {
    const model = importOnnx(file);
    expect(model.attentionLayer).toBe(golden.layer);
    const names = model.parameters.map(({ name }) => name);
    expect(names.sort()).toEqual(Object.keys(golden.gradients).sort());
  });

  test("keeps all weights but its head's when it gets a new head", () => {
    const own = importOnnx(file).parameters.map(({ name }) => name);
    const { parameters, forward, inputSize } = importOnnx(file, { classes: 3 });
    const { logits } = forward(input("images", [2, 3, inputSize, inputSize]));
    expect(logits.shape).toEqual([2, 3]);
    expect(own).toEqual(expect.arrayContaining([...golden.head]));
    const kept = parameters.filter(({ isHead }) => !isHead).map(({ name }) => name);
    expect(kept).toEqual(own.filter((name) => !golden.head.includes(name)));
    expect(parameters).toHaveLength(kept.length + 2);
  });
});

test.for(cases.filter((golden) => !isLong(golden)).map((golden) => [golden.name, golden] as const))(
  "%s has PyTorch's logits, losses and gradients of a guided step",
  async ([, golden]) => {
    expect(await guidedStepDeviations(golden)).toEqual([]);
  },
);
