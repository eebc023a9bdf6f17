/**
 * The front of classification against attention, from runs that differ in their guidance:
 *
 *   npx tsx scripts/front.ts OUT [FRONT]
 *
 * OUT.json holds the figures of the runs measured so far. FRONT holds RUN folders named
 * <what>-<seed>, all with an evaluation, whose figures are added to it. Prints a Markdown table and
 * writes OUT.png, whose points have the numbers of the table's rows.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ScatterChart, type ScatterSeriesOption } from "echarts/charts";
import { GridComponent, TitleComponent } from "echarts/components";
import { type ComposeOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import sharp from "sharp";
import { runFigures } from "../src/cli/runFigures.ts";
import { RunFolder } from "../src/train/index.ts";

/** Of one run, in percent. */
interface Figures {
  readonly mAP: number;
  readonly mIoU: number;
}

/** What OUT.json holds: by what was trained, then by seed. */
type Known = Record<string, Record<string, Figures>>;

interface Point {
  readonly name: string;
  /** One for each seed, in percent. */
  readonly mAP: readonly number[];
  readonly mIoU: readonly number[];
}

const [out, front] = process.argv.slice(2);
if (out === undefined) throw new Error("usage: npx tsx scripts/front.ts OUT [FRONT]");
const known: Known = JSON.parse(await readFile(`${out}.json`, "utf8").catch(() => "{}"));
if (front !== undefined) await addRuns(known, front);
await writeFile(`${out}.json`, `${JSON.stringify(known, null, 2)}\n`);
const points = pointsOf(known);
const text = (values: readonly number[]): string =>
  `${mean(values).toFixed(1)}${values.length > 1 ? ` (${values.map((v) => v.toFixed(1)).join(", ")})` : ""}`;
console.log("| | guidance | mAP | attention mIoU |\n|---|---|---|---|");
for (const [index, { name, mAP, mIoU }] of points.entries()) {
  console.log(`| ${index + 1} | ${name} | ${text(mAP)} | ${text(mIoU)} |`);
}
const svg = Buffer.from(drawn(points));
await sharp(svg, { density: 144 }).png({ palette: true }).toFile(`${out}.png`);

async function addRuns(into: Known, folder: string): Promise<void> {
  for (const entry of (await readdir(folder)).sort()) {
    const [, name, seed] = /^(.+)-(\d+)$/.exec(entry) ?? [];
    if (name === undefined) continue;
    const figures = await runFigures(new RunFolder(join(folder, entry)), entry);
    const { classification, attention } = figures?.metrics ?? {};
    if (classification === undefined || attention === undefined) {
      throw new Error(`${join(folder, entry)}: must have been evaluated with masks; it was not.`);
    }
    const percent = (share: number): number => Number((100 * share).toFixed(1));
    into[name] ??= {};
    into[name][seed] = { mAP: percent(classification.mAP), mIoU: percent(attention.mIoU) };
  }
}

/** Best classifiers first. */
function pointsOf(runs: Known): Point[] {
  return Object.entries(runs)
    .map(([name, bySeed]) => {
      const seeds = Object.values(bySeed);
      return { name, mAP: seeds.map(({ mAP }) => mAP), mIoU: seeds.map(({ mIoU }) => mIoU) };
    })
    .sort((a, b) => mean(b.mAP) - mean(a.mAP));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Means; several seeds as larger points. */
function drawn(shown: readonly Point[]): string {
  use([ScatterChart, GridComponent, TitleComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 900, height: 760 });
  const axis = { type: "value", scale: true, nameLocation: "middle" } as const;
  chart.setOption<ComposeOption<ScatterSeriesOption>>({
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: "Helvetica, Arial, DejaVu Sans, sans-serif" },
    title: { text: "Attention against classification (large: several seeds)", left: 16, top: 10 },
    grid: { left: 64, right: 40, top: 56, bottom: 60 },
    xAxis: { ...axis, name: "attention mIoU, %", nameGap: 34 },
    yAxis: { ...axis, name: "mAP, %", nameGap: 42 },
    series: [
      {
        type: "scatter",
        silent: true,
        data: shown.map(({ mAP, mIoU }, index) => ({
          value: [mean(mIoU), mean(mAP)],
          name: String(index + 1),
          symbolSize: mAP.length > 1 ? 12 : 7,
          itemStyle: { color: mAP.length > 1 ? "#0072b2" : "#7a8088" },
        })),
        label: { show: true, position: "right", formatter: "{b}", fontSize: 12, color: "#1b1f24" },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
