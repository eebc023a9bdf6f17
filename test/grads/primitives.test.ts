import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff/index.ts";
import { input, interpret, sum } from "../../src/graph/index.ts";
import { Random } from "../../src/random.ts";
import { type Case, primitiveCases } from "./cases.ts";
import { checkGrads } from "./checkGrads.ts";

for (const [primitive, cases] of Object.entries(primitiveCases)) {
  describe(primitive, () => {
    const differentiable = cases.filter(({ order }) => order > 0);
    const others = cases.filter(({ order }) => order === 0);

    test.for(differentiable.map((entry): [string, Case] => [entry.name, entry]))(
      "%s: matches finite differences",
      ([, { build, draws, order }]) => checkGrads(build, draws, { order }),
    );

    test.for(others.map((entry): [string, Case] => [entry.name, entry]))(
      "%s: has a gradient of zero",
      ([, { build, draws }]) => {
        const tensors = draws.map((draw) => draw(new Random(1)));
        const inputs = tensors.map(({ shape }, k) => input(`x${k}`, shape));
        const feeds = Object.fromEntries(tensors.map(({ data }, k) => [`x${k}`, data]));
        const gradients = interpret(grad(sum(build(...inputs)), inputs), feeds);
        gradients.forEach((gradient, k) => {
          expect(gradient).toEqual(new Float64Array(tensors[k].data.length));
        });
      },
    );
  });
}
