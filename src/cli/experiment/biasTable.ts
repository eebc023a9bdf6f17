/** The bias experiment's figures as a table and a chart: GAIN's table 4. */
import type { Chart, ChartSeries } from "../../report/chart.ts";
import type { BiasMeasure } from "./measureBias.ts";
import { type Spread, spreadOf, spreadText } from "./spread.ts";

/** One way of guidance. */
export interface BiasRow {
  readonly label: string;
  /** One for each seed. */
  readonly measures: readonly BiasMeasure[];
}

export interface BiasResult {
  readonly data: string;
  /** The class whose accuracy it is; of all classes the best-scored one, where there is none. */
  readonly class: string | null;
  readonly seeds: readonly number[];
  /** "val", which is biased as the training was, then the tests. */
  readonly splits: readonly string[];
  readonly rows: readonly BiasRow[];
}

/** Name of the mean over the tests. */
const overall = "tests together";

const accuracyOf = ({ measures }: BiasRow, split: string): Spread =>
  spreadOf(measures.map((measure) => measure[split].accuracy));

/** Each test counts alike. */
const overallOf = ({ measures }: BiasRow, [, ...tests]: readonly string[]): Spread =>
  spreadOf(
    measures.map(
      (measure) => tests.reduce((sum, test) => sum + measure[test].accuracy, 0) / tests.length,
    ),
  );

/** Accuracies in percent, means over the seeds; and the attention's mIoU on "val". */
export function biasTable({ splits, rows }: BiasResult): string[][] {
  const [val] = splits;
  const head = ["guidance", ...splits, overall, "attention mIoU"];
  return [
    head,
    ...rows.map((row) => {
      const attention = row.measures.flatMap((measure) => measure[val].attentionMIoU ?? []);
      return [
        row.label,
        ...splits.map((split) => spreadText(accuracyOf(row, split))),
        spreadText(overallOf(row, splits)),
        attention.length === 0 ? "-" : spreadText(spreadOf(attention)),
      ];
    }),
  ];
}

export function biasChart(result: BiasResult): Chart {
  const { splits, rows, seeds } = result;
  const series = (name: string, spreads: readonly Spread[], isStrong = false): ChartSeries => ({
    name,
    values: spreads.map(({ mean }) => 100 * mean),
    ...(seeds.length > 1 && {
      spans: spreads.map(({ low, high }) => [100 * low, 100 * high] as const),
    }),
    isStrong,
  });
  const what = result.class === null ? "top-1 accuracy" : `accuracy of ${result.class}`;
  return {
    title: "Trained on biased pictures, tested where the bias does not hold",
    categories: rows.map(({ label }) => label),
    categoryName:
      seeds.length > 1 ? `guidance (means of ${seeds.length} seeds, and their range)` : "guidance",
    valueName: `${what}, %`,
    series: [
      ...splits.map((split) =>
        series(
          split,
          rows.map((row) => accuracyOf(row, split)),
        ),
      ),
      series(
        overall,
        rows.map((row) => overallOf(row, splits)),
        true,
      ),
    ],
  };
}
