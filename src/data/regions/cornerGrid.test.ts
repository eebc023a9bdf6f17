import { expect, test } from "vitest";
import { Random } from "../../random.ts";
import { CornerGrid } from "./cornerGrid.ts";

test("the nearest corner is the nearest of all, however far, and below the bound only", () => {
  const random = new Random(4);
  for (let trial = 0; trial < 50; trial++) {
    const rings = Array.from({ length: 3 }, () =>
      Array.from({ length: 8 }, () => random.uniform(-60, 200)),
    );
    const grid = new CornerGrid();
    for (const [ring, points] of rings.entries()) grid.add(ring, points);
    const [x, y] = [random.uniform(-300, 300), random.uniform(-300, 300)];
    const distances = rings.flatMap((points) =>
      [0, 2, 4, 6].map((i) => (points[i] - x) ** 2 + (points[i + 1] - y) ** 2),
    );
    const least = Math.min(...distances);
    const at = distances.indexOf(least);
    const nearest = { ring: Math.floor(at / 4), corner: at % 4, distance: least };
    expect(grid.nearest(x, y, Infinity)).toEqual(nearest);
    expect(grid.nearest(x, y, least)).toBeUndefined();
  }
});

test("an empty grid has no corner", () => {
  expect(new CornerGrid().nearest(0, 0, Infinity)).toBeUndefined();
});
