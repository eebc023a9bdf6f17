/** The bias experiment's figures as a table and a chart: GAIN's table 4. */
import type { Chart } from "../../report/chart.ts";
import type { BiasMeasure } from "./measureBias.ts";
import { guidanceAxis, type Spread, spreadOf, spreadSeries, spreadText } from "./spread.ts";
import type { VariantMeasures } from "./trainVariants.ts";

type BiasRow = VariantMeasures<BiasMeasure>;

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

const accuracyOf = ({ measures }: BiasRow, split: string): Spread | undefined =>
  spreadOf(measures.map((measure) => measure[split].accuracy));

/** Each test counts alike. */
const overallOf = ({ measures }: BiasRow, [, ...tests]: readonly string[]): Spread | undefined =>
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
    ...rows.map((row) => [
      row.label,
      ...splits.map((split) => spreadText(accuracyOf(row, split))),
      spreadText(overallOf(row, splits)),
      spreadText(spreadOf(row.measures.flatMap((measure) => measure[val].attentionMIoU ?? []))),
    ]),
  ];
}

export function biasChart({ splits, rows, seeds, class: className }: BiasResult): Chart {
  const together = rows.map((row) => overallOf(row, splits));
  const what = className === null ? "top-1 accuracy" : `accuracy of ${className}`;
  return {
    title: "Trained on biased pictures, tested where the bias does not hold",
    categories: rows.map(({ label }) => label),
    categoryName: guidanceAxis(seeds),
    valueName: `${what}, %`,
    series: [
      ...splits.map((split) => {
        const accuracies = rows.map((row) => accuracyOf(row, split));
        return spreadSeries(split, accuracies);
      }),
      spreadSeries(overall, together, { isStrong: true }),
    ],
  };
}
