/** What a run recorded, as a report shows it. */
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import type { ReportRun } from "../report/reportData.ts";
import type { Metric, RunConfig, RunFolder } from "../train/index.ts";

/** A run's losses and last evaluation; undefined when it was never measured. */
export async function runFigures(folder: RunFolder, name: string): Promise<ReportRun | undefined> {
  const metrics = await folder.readMetrics();
  const evaluation = metrics.findLast((metric) => "split" in metric);
  if (evaluation === undefined) return undefined;
  const { step: _, ...figures } = evaluation;
  return {
    name,
    // The file was written from an EvaluateJson.
    metrics: figures as unknown as EvaluateJson,
    history: metrics
      .filter((metric) => "loss" in metric)
      .map((metric) => ({ step: metric.step, losses: lossesOf(metric) })),
  };
}

/** The options of a run, flat. */
export function settingsOf({ options }: RunConfig): Record<string, string | number | boolean> {
  const settings: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || name === "weights") continue;
    settings[name] = typeof value === "object" ? describe(value) : value;
  }
  return settings;
}

function lossesOf(metric: Metric): Record<string, number> {
  const names = ["loss", "classification", "mining", "extra", "seed", "expand", "constrain"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = metric[name];
      return typeof value === "number" ? [[name, value] as const] : [];
    }),
  );
}

/** `{kind: "poly", power: 0.9}` as "poly, power 0.9". */
function describe(value: object): string {
  if (Array.isArray(value)) return value.join(", ");
  return Object.entries(value)
    .map(([name, part]) => (name === "kind" ? String(part) : `${name} ${part}`))
    .join(", ");
}
