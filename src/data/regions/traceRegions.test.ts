import { describe, expect, test } from "vitest";
import { joinRings } from "./joinRings.ts";
import { traceRegions } from "./traceRegions.ts";

describe("traceRegions", () => {
  test("goes around the pixels' edges, and keeps only the corners", () => {
    expect(traced("....", ".##.", ".##.")).toEqual([
      { outer: [1, 1, 3, 1, 3, 3, 1, 3], holes: [] },
    ]);
    expect(traced("#.", "##")).toEqual([
      { outer: [0, 0, 1, 0, 1, 1, 2, 1, 2, 2, 0, 2], holes: [] },
    ]);
  });

  test("parts what touches at a corner only", () => {
    expect(traced("#.", ".#").map(({ outer }) => outer)).toEqual([
      [0, 0, 1, 0, 1, 1, 0, 1],
      [1, 1, 2, 1, 2, 2, 1, 2],
    ]);
  });

  test("has a ring for each hole, the other way around, and parts of their own inside", () => {
    const parts = traced("#####", "#...#", "#.#.#", "#...#", "#####");
    expect(parts).toEqual([
      { outer: [0, 0, 5, 0, 5, 5, 0, 5], holes: [[1, 4, 4, 4, 4, 1, 1, 1]] },
      { outer: [2, 2, 3, 2, 3, 3, 2, 3], holes: [] },
    ]);
  });

  test("finds nothing in an empty bitmap", () => {
    expect(traced("..", "..")).toEqual([]);
  });
});

describe("joinRings", () => {
  test("walks from the nearest corner to the next ring, around it and back", () => {
    const outer = [0, 0, 5, 0, 5, 5, 0, 5];
    const hole = [1, 1, 1, 3, 3, 3, 3, 1];
    expect(joinRings([outer, hole])).toEqual([
      ...[0, 0, 1, 1, 1, 3, 3, 3, 3, 1, 1, 1, 0, 0],
      ...[5, 0, 5, 5, 0, 5],
    ]);
  });

  test("joins rings that share a corner without a cut, and leaves a single ring as it is", () => {
    const [first, second] = [
      [0, 0, 1, 0, 1, 1, 0, 1],
      [1, 1, 2, 1, 2, 2, 1, 2],
    ];
    expect(joinRings([first, second])).toEqual([
      ...[0, 0, 1, 0, 1, 1, 2, 1, 2, 2, 1, 2, 1, 1, 0, 1],
    ]);
    expect(joinRings([first])).toEqual(first);
    expect(joinRings([])).toEqual([]);
  });
});

function traced(...rows: readonly string[]): ReturnType<typeof traceRegions> {
  const bits = Uint8Array.from(rows.join(""), (sign) => (sign === "#" ? 1 : 0));
  return traceRegions(bits, rows[0].length, rows.length);
}
