import { describe, test } from "vitest";
import { checkGrads } from "./checkGrads.ts";
import { compositeCases } from "./composites.ts";

describe("matches finite differences", () => {
  test.for(compositeCases.map((entry) => [entry.name, entry] as const))(
    "%s",
    ([, { build, draws, order }]) => checkGrads(build, draws, { order }),
  );
});
