/** A line chart with intervals as SVG and PNG, drawn by ECharts without a browser. */

import { writeFile } from "node:fs/promises";
import {
  CustomChart,
  type CustomSeriesOption,
  LineChart,
  type LineSeriesOption,
} from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { type ComposeOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import sharp from "sharp";
import { ShapeError } from "../shape.ts";

use([LineChart, CustomChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

export interface ChartSeries {
  readonly name: string;
  /** One for each category; `null` leaves a gap. */
  readonly values: readonly (number | null)[];
  /** Lowest and highest of repetitions, drawn as a bar through each value. */
  readonly spans?: readonly (readonly [number, number] | null)[];
  /** Series that the others are compared with are drawn stronger. */
  readonly isStrong?: boolean;
}

export interface Chart {
  readonly title: string;
  /** Along the horizontal axis, in this order. */
  readonly categories: readonly string[];
  readonly categoryName: string;
  /** With its unit: "accuracy, %". */
  readonly valueName: string;
  readonly series: readonly ChartSeries[];
}

/** Distinct to the colour-blind (Okabe & Ito 2008), dark enough on white. */
const colors = ["#0072b2", "#c4500a", "#00785a", "#a8548a", "#7a6a00", "#444c56"];
const width = 880;
const height = 460;

/**
 * Writes the chart twice, as `<path>.svg` and `<path>.png`.
 *
 * @param path  Without an extension.
 * @throws {ShapeError} When a series does not have a value for each category.
 */
export async function writeChart(path: string, chart: Chart): Promise<void> {
  const svg = chartSvg(chart);
  await writeFile(`${path}.svg`, svg);
  await sharp(Buffer.from(svg), { density: 144 })
    .flatten({ background: "#ffffff" })
    .png({ palette: true })
    .toFile(`${path}.png`);
}

/** The chart as SVG. @throws {ShapeError} When a series does not have a value for each category. */
export function chartSvg({ title, categories, categoryName, valueName, series }: Chart): string {
  for (const { name, values, spans = values } of series) {
    if (values.length !== categories.length || spans.length !== categories.length) {
      throw new ShapeError(
        `chartSvg: ${name} must have a value for each of the ${categories.length} categories; got ${values.length}.`,
      );
    }
  }
  const drawn = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    drawn.setOption<ComposeOption<LineSeriesOption | CustomSeriesOption>>({
      animation: false,
      textStyle: { fontFamily: "Helvetica, Arial, DejaVu Sans, sans-serif" },
      title: { text: title, left: 16, top: 10, textStyle: { fontSize: 17, color: "#1b1f24" } },
      legend: {
        selectedMode: false,
        top: 44,
        left: 12,
        itemGap: 22,
        data: series.map(({ name }) => name),
      },
      grid: { left: 56, right: 24, top: 104, bottom: 56 },
      xAxis: {
        type: "category",
        data: [...categories],
        name: categoryName,
        nameLocation: "middle",
        nameGap: 32,
        axisTick: { show: false },
      },
      yAxis: { type: "value", name: valueName, scale: true, nameTextStyle: { align: "left" } },
      series: series.flatMap((one, index) => [lineOf(one, index), ...barsOf(one, index)]),
    });
    return drawn.renderToSVGString();
  } finally {
    drawn.dispose();
  }
}

const colorOf = (index: number): string => colors[index % colors.length];

function lineOf({ name, values, isStrong = false }: ChartSeries, index: number): LineSeriesOption {
  return {
    type: "line",
    name,
    // Without what a pointer would do: a file has none.
    silent: true,
    emphasis: { disabled: true },
    data: values.map((value) => value ?? "-"),
    symbol: "circle",
    symbolSize: isStrong ? 9 : 7,
    lineStyle: { width: isStrong ? 3.5 : 2 },
    color: colorOf(index),
    z: 3,
  };
}

/** From the lowest to the highest repetition at each category, with short caps. */
function barsOf({ spans = [] }: ChartSeries, index: number): CustomSeriesOption[] {
  const data = spans.flatMap((span, at) => (span === null ? [] : [[at, span[0], span[1]]]));
  if (data.length === 0) return [];
  return [
    {
      type: "custom",
      silent: true,
      data,
      color: colorOf(index),
      z: 2,
      renderItem: (_, api) => {
        const [x, bottom] = api.coord([api.value(0), api.value(1)]);
        const [, top] = api.coord([api.value(0), api.value(2)]);
        const line = (x1: number, y1: number, x2: number, y2: number) => ({
          type: "line" as const,
          shape: { x1, y1, x2, y2 },
          style: { stroke: colorOf(index), lineWidth: 1.5, opacity: 0.7 },
        });
        return {
          type: "group",
          children: [
            line(x, bottom, x, top),
            line(x - 5, bottom, x + 5, bottom),
            line(x - 5, top, x + 5, top),
          ],
        };
      },
    },
  ];
}
