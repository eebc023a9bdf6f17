import { expect, test } from "vitest";
import { scaledCrf, secCrf } from "./options.ts";

test("SEC trains with its spatial sigmas divided by 12, and the rest as it is", () => {
  expect(scaledCrf(secCrf, 12)).toEqual({
    iterations: 10,
    gaussian: { weight: 3, spatialSigma: 0.25 },
    bilateral: { weight: 10, spatialSigma: 80 / 12, colorSigma: 13 },
  });
});
