import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Measured } from "../perClass.ts";
import { EnergyGame } from "./energyGame.ts";
import { LocalizationScore } from "./localizationScore.ts";
import { bestOverlaps, MaxBoxAccuracyScore } from "./maxBoxAccuracy.ts";
import type { Objects } from "./objects.ts";
import { PixelAveragePrecision } from "./pixelAveragePrecision.ts";
import { PointingGame } from "./pointingGame.ts";

interface GoldenMap extends Omit<Objects, "region"> {
  readonly classIndex: number;
  readonly map: readonly number[];
  readonly region: readonly number[];
}

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/localization/golden.json", import.meta.url), "utf8"),
);
const classes = ["a", "b", "never"];

interface Score<R> {
  add(classIndex: number, map: Float32Array, objects: Objects): void;
  result(): R;
}

function measured<R>(score: Score<R>): R {
  for (const { classIndex, map, region, boxes, original } of golden.maps as GoldenMap[]) {
    const objects = { region: Uint8Array.from(region), boxes, original };
    score.add(classIndex, Float32Array.from(map), objects);
  }
  return score.result();
}

/** The golden figures have no third class. */
function expectAs({ mean, perClass }: Measured, expected: { mean: number; perClass: number[] }) {
  expect(mean).toBeCloseTo(expected.mean, 12);
  const [a, b] = expected.perClass.map((value) => expect.closeTo(value, 12));
  expect(perClass).toEqual({ a, b, never: null });
}

describe("SciPy's and scikit-learn's figures of random maps:", () => {
  test.each([0, 15, 60])("pointing game with a tolerance of %d pixels", (tolerance) => {
    const result = measured(new PointingGame(classes, { tolerance }));
    expectAs(result, golden.expected[`pointing${tolerance}`]);
  });

  test("energy", () => {
    // NumPy summed float64 numbers of six digits; maps are float32.
    const { mean, perClass } = measured(new EnergyGame(classes));
    expect(mean).toBeCloseTo(golden.expected.energy.mean, 6);
    expect(perClass.a).toBeCloseTo(golden.expected.energy.perClass[0], 6);
  });

  test.each(["all", "largest"] as const)("MaxBoxAccV2 with %s parts", (parts) => {
    const result = measured(new MaxBoxAccuracyScore(classes, { parts }));
    const expected = golden.expected[`boxes-${parts}`];
    expectAs(result, expected);
    for (const [overlap, { accuracy, threshold }] of Object.entries(result.at)) {
      expect(accuracy).toBeCloseTo(expected.at[overlap], 12);
      expect(threshold).toBeCloseTo(expected.threshold[overlap], 12);
    }
    expect(Object.keys(result.at)).toEqual(["0.3", "0.5", "0.7"]);
  });

  test("PxAP", () => {
    expectAs(measured(new PixelAveragePrecision(classes)), golden.expected.PxAP);
  });
});

/** An object at the upper left of a picture of 8 x 8, its size as it is. */
const objects: Objects = {
  region: Uint8Array.from({ length: 64 }, (_, i) => (i % 8 < 4 && i < 32 ? 1 : 0)),
  boxes: [{ left: 0, top: 0, right: 4, bottom: 4 }],
  original: { width: 8, height: 8 },
};
const perfect = Float32Array.from(objects.region);
const inverted = perfect.map((value) => 1 - value);
const uniform = new Float32Array(64).fill(0.5);
const blank = new Float32Array(64);

test.each([
  ["equals the object", perfect, { pointing: 1, energy: 1, boxes: 1, pixels: 1 }],
  // A quarter of the pixels; ranked last they have precision 1/4 at the only threshold that has them.
  ["is its inverse", inverted, { pointing: 0, energy: 0, boxes: 0, pixels: 0.25 }],
  // Its first pixel is its maximum, and happens to lie on the object; it has no high part to box.
  ["is the same everywhere", uniform, { pointing: 1, energy: 0.25, boxes: 0, pixels: 0.25 }],
  ["is blank", blank, { pointing: 0, energy: 0, boxes: 0, pixels: 0.25 }],
])("a map that %s has the figures that follow", (_, map, { pointing, energy, boxes, pixels }) => {
  const score = new LocalizationScore(["cat"], { tolerance: 0 });
  score.add(0, map, 8, 8, objects);
  const { maps, pointingGame, energy: share, maxBoxAccV2, PxAP } = score.result();
  expect(maps).toBe(1);
  expect(pointingGame).toEqual({ mean: pointing, perClass: { cat: pointing } });
  expect(share).toEqual({ mean: energy, perClass: { cat: energy } });
  // The inverse's box is the whole picture: its overlap, 16/64, is not enough.
  expect(maxBoxAccV2.mean).toBe(boxes);
  expect(PxAP).toEqual({ mean: pixels, perClass: { cat: pixels } });
});

test("a maximum beside the object hits within the tolerance, in pixels of the picture", () => {
  const map = new Float32Array(64);
  map[5] = 1;
  const isHit = (tolerance: number, width: number): number | null => {
    const game = new PointingGame(["cat"], { tolerance });
    game.add(0, map, { ...objects, original: { width, height: 8 } });
    return game.result().mean;
  };
  // Two columns to the right of the object's last.
  expect(isHit(2, 8)).toBe(0);
  expect(isHit(2.01, 8)).toBe(1);
  expect(isHit(2.01, 16)).toBe(0);
  expect(() => new PointingGame(["cat"], { tolerance: -1 })).toThrow(
    "PointingGame: tolerance must be at least 0; got -1.",
  );
});

test("any of several objects will do", () => {
  const map = new Float32Array(64);
  map[63] = 1;
  const both = objects.region.slice();
  both[63] = 1;
  const boxes = [...objects.boxes, { left: 7, top: 7, right: 8, bottom: 8 }];
  const score = new LocalizationScore(["cat"], { tolerance: 0 });
  score.add(0, map, 8, 8, { ...objects, region: both, boxes });
  expect(score.result()).toMatchObject({ pointingGame: { mean: 1 }, maxBoxAccV2: { mean: 1 } });
});

test("the overlap at each level is that of the pixels above it", () => {
  // 1 on the object's left half, 0.5 on its right half, 0 elsewhere: 0.5 · 255 is 127.5.
  const map = perfect.map((value, i) => (i % 8 < 2 ? value : value / 2));
  const overlaps = bestOverlaps(map, objects.boxes);
  expect([0, 126, 127, 254].map((level) => overlaps[level])).toEqual([1, 1, 0.5, 0.5]);
});

test("nothing measured gives null, and not zero", () => {
  expect(new LocalizationScore(["cat"]).result()).toEqual({
    maps: 0,
    pointingGame: { mean: null, perClass: { cat: null } },
    energy: { mean: null, perClass: { cat: null } },
    maxBoxAccV2: {
      mean: null,
      perClass: { cat: null },
      at: Object.fromEntries(
        [0.3, 0.5, 0.7].map((overlap) => [overlap, { accuracy: null, threshold: null }]),
      ),
    },
    PxAP: { mean: null, perClass: { cat: null } },
  });
});
