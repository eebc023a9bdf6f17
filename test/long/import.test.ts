import { expect, test } from "vitest";
import { guidedStepDeviations } from "../golden/import/guidedStep.ts";
import { cases, isLong } from "../golden/import/importedCase.ts";

test.for(cases.filter(isLong).map((golden) => [golden.name, golden] as const))(
  "%s has PyTorch's logits, losses and gradients of a guided step",
  async ([, golden]) => {
    expect(await guidedStepDeviations(golden)).toEqual([]);
  },
);
