import { describe, expect, test } from "vitest";
import { defaultMiningWeight } from "../gain/index.ts";
import { OptionError, parseOptions } from "./parseOptions.ts";

describe("the weight of the mining loss", () => {
  test("follows from the guidance where it is not given", () => {
    for (const guidance of ["none", "self", "extra"] as const) {
      expect(parseOptions({ guidance }).miningWeight).toBe(defaultMiningWeight[guidance]);
    }
    expect(parseOptions({ guidance: "self" }).miningWeight).toBeGreaterThan(0);
    expect(parseOptions({ guidance: "extra" }).miningWeight).toBe(0);
  });

  test("is what is given, zero too, and never below", () => {
    expect(parseOptions({ guidance: "self", miningWeight: 0 }).miningWeight).toBe(0);
    expect(parseOptions({ guidance: "extra", miningWeight: 1 }).miningWeight).toBe(1);
    expect(() => parseOptions({ miningWeight: -1 })).toThrow(OptionError);
  });
});
