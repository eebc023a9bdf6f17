/** How far the figures of an evaluation would move with other pictures. */

import { Random } from "../../random.ts";
import type { EvaluationRecord, PictureRecord } from "../record/evaluationRecord.ts";
import { type FigureSet, FigureTable } from "./figureTable.ts";
import { type Interval, percentileInterval } from "./percentileInterval.ts";

/** How far a run's figure is from the first run's, on the same pictures. */
export interface Difference extends Interval {
  /** Share of the resamples in which the run's is higher. */
  readonly shareHigher: number;
}

export interface Spread {
  /** 95 % intervals. */
  readonly intervals: FigureSet<Interval>;
  /** From the first run; undefined of itself, and of a run that was measured on other pictures. */
  readonly differences?: FigureSet<Difference>;
}

export interface BootstrapOptions {
  /** B; 1,000 by default. */
  readonly resamples?: number;
  readonly seed?: number;
}

/**
 * Intervals of all figures of runs, and of their differences from the first one.
 *
 * Pictures are drawn with replacement, as many as there are; each draw b gives figures θ*(b), the best
 * threshold of the attention chosen anew, and these their percentile interval (Efron & Tibshirani 1993,
 * chapters 6 and 13). Runs that were measured on the same pictures see the same draws, so that
 * differences are paired:
 *
 *   δ*(b) = θ*_run(b) − θ*_first(b)
 *
 * @returns  One for each record.
 */
export function bootstrap(
  records: readonly EvaluationRecord[],
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): Spread[] {
  if (records.length === 0) return [];
  const [first] = records;
  const firstRows = resampledRows(first, first.pictures, { resamples, seed });
  return records.map((record, i) => {
    if (i === 0) return { intervals: intervalsOf(firstRows) };
    const paired = inOrderOf(first, record);
    const rows = resampledRows(record, paired ?? record.pictures, { resamples, seed });
    return {
      intervals: intervalsOf(rows),
      ...(paired && { differences: differencesOf(rows, firstRows) }),
    };
  });
}

/** The figures of every resample. */
export interface ResampledRows {
  readonly table: FigureTable;
  /** [B, width]. */
  readonly rows: Float64Array;
}

function resampledRows(
  record: EvaluationRecord,
  pictures: readonly PictureRecord[],
  { resamples, seed }: Required<BootstrapOptions>,
): ResampledRows {
  const random = new Random(seed).fork("bootstrap");
  const draws = Array.from({ length: resamples }, () => drawWeights(random, pictures.length));
  return rowsOf(new FigureTable(record, pictures), draws);
}

/** The figures for each of several weightings of the pictures. */
export function rowsOf(table: FigureTable, draws: readonly Uint16Array[]): ResampledRows {
  const { width } = table;
  const rows = new Float64Array(draws.length * width);
  for (const [b, weights] of draws.entries()) {
    table.rowInto(rows.subarray(b * width, (b + 1) * width), weights);
  }
  return { table, rows };
}

/** How often each of `count` pictures is drawn in `count` draws with replacement. */
function drawWeights(random: Random, count: number): Uint16Array {
  const weights = new Uint16Array(count);
  for (let i = 0; i < count; i++) weights[random.int(count)]++;
  return weights;
}

/** The record's pictures in the order of the first one's; undefined when they are others. */
function inOrderOf(
  { pictures: wanted, classes, split }: EvaluationRecord,
  record: EvaluationRecord,
): readonly PictureRecord[] | undefined {
  if (record.split !== split || record.pictures.length !== wanted.length) return undefined;
  if (JSON.stringify(record.classes) !== JSON.stringify(classes)) return undefined;
  const byId = new Map(record.pictures.map((picture) => [picture.id, picture]));
  const found = wanted.flatMap(({ id }) => byId.get(id) ?? []);
  return found.length === wanted.length ? found : undefined;
}

/** The percentile interval of each figure. */
export function intervalsOf({ table, rows }: ResampledRows): FigureSet<Interval> {
  return table.named((place) => percentileInterval(column(rows, place, table.width)));
}

function differencesOf(run: ResampledRows, first: ResampledRows): FigureSet<Difference> {
  const { width } = run.table;
  return run.table.named((place) => {
    const values = column(run.rows, place, width);
    const base = column(first.rows, place, width);
    const differences = values.map((value, b) => value - base[b]);
    const interval = percentileInterval(differences);
    if (interval === undefined) return undefined;
    const measured = differences.filter((value) => !Number.isNaN(value));
    return {
      ...interval,
      shareHigher: measured.filter((value) => value > 0).length / measured.length,
    };
  });
}

function column(rows: Float64Array, place: number, width: number): Float64Array {
  return Float64Array.from({ length: rows.length / width }, (_, b) => rows[b * width + place]);
}
