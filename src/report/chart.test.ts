import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { type Chart, chartSvg, writeChart } from "./chart.ts";

const chart: Chart = {
  title: "What masks are worth",
  categories: ["none", "self", "60 masks"],
  categoryName: "guidance",
  valueName: "percent",
  series: [
    {
      name: "attention",
      values: [40, 45, 60],
      spans: [
        [38, 41],
        [44, 46],
        [55, 65],
      ],
    },
    { name: "segmentation", values: [30, null, 44] },
  ],
};

test("draws a point for each value and names everything", () => {
  const svg = chartSvg(chart);
  for (const text of [chart.title, "none", "self", "60 masks", "attention", "segmentation"]) {
    expect(svg).toContain(`>${text}</text>`);
  }
  // Circles: one in the legend, and one for each value that is there.
  const circles = (color: string): number =>
    (svg.match(new RegExp(`<path d="[^"]*A[^"]*" transform="[^"]*" fill="${color}"`, "g")) ?? [])
      .length;
  expect([circles("#0072b2"), circles("#c4500a")]).toEqual([1 + 3, 1 + 2]);
});

test("a span reaches from its lowest to its highest value", () => {
  const heights = (spans: readonly (readonly [number, number] | null)[]): number[] => {
    const svg = chartSvg({ ...chart, series: [{ name: "a", values: [0, 50, 100], spans }] });
    const bars = [
      ...svg.matchAll(/<path d="M([\d.]+) ([\d.]+)L\1 ([\d.]+)"[^>]*stroke="#0072b2"/g),
    ];
    return bars.map(([, , from, to]) => Math.abs(Number(from) - Number(to)));
  };
  const [narrow, wide] = heights([null, [40, 50], [60, 100]]);
  expect(wide / narrow).toBeCloseTo(4, 1);
});

test("writes a picture and its vector twin", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "chart-")), "figure");
  await writeChart(path, chart);
  const { width, height } = await sharp(`${path}.png`).metadata();
  expect([width, height]).toEqual([1760, 920]);
  expect(await readFile(`${path}.svg`, "utf8")).toContain("</svg>");
});

test("refuses a series without a value for each category", () => {
  expect(() => chartSvg({ ...chart, series: [{ name: "short", values: [1, 2] }] })).toThrow(
    "chartSvg: short must have a value for each of the 3 categories; got 2.",
  );
});
