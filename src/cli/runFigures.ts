/** What a run recorded, as a report shows it. */
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import { readRecord } from "../evaluate/record/evaluationRecord.ts";
import { readMaps } from "../evaluate/record/mapsRecord.ts";
import type { ReportRun, Settings } from "../report/reportData.ts";
import type { Metric, RunFolder } from "../train/index.ts";
import { lossParts } from "./lossParts.ts";

/**
 * A run's losses and last evaluation, with what it found on each picture if that was recorded; undefined
 * when the run was never measured.
 */
export async function runFigures(folder: RunFolder, name: string): Promise<ReportRun | undefined> {
  const metrics = await folder.readMetrics();
  const evaluation = metrics.findLast((metric) => "split" in metric);
  if (evaluation === undefined) return undefined;
  const { step, ...figures } = evaluation;
  const record = await readRecord(folder);
  return {
    name,
    // The file was written from an EvaluateJson.
    metrics: figures as unknown as EvaluateJson,
    history: historyOf(metrics),
    maps: await readMaps(folder),
    ...(record?.step === step && record.split === figures.split && { record }),
  };
}

/** The losses among a run's metrics. */
export function historyOf(metrics: readonly Metric[]): ReportRun["history"] {
  return metrics
    .filter((metric) => "loss" in metric)
    .map((metric) => ({ step: metric.step, losses: lossesOf(metric) }));
}

/** The options of a run, flat. */
export function settingsOf({ options }: { readonly options: object }): Settings {
  const settings: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || name === "weights") continue;
    settings[name] = typeof value === "object" ? describe(value) : value;
  }
  return settings;
}

function lossesOf(metric: Metric): Record<string, number> {
  return Object.fromEntries(
    ["loss", ...lossParts].flatMap((name) => {
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
