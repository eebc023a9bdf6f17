import type { Random } from "../random.ts";
import type { Shape } from "../shape.ts";
import type { Model } from "./model.ts";

/** Fresh values for every parameter; each depends on the seed and its own name only. */
export function initialParameters(
  { parameters }: Pick<Model, "parameters">,
  random: Random,
): Map<string, { shape: Shape; data: Float32Array }> {
  return new Map(
    parameters.map(({ name, shape, initialize }) => [
      name,
      { shape, data: initialize(shape, random.fork(name)) },
    ]),
  );
}
