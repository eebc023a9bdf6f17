/** Which pictures a report shows, and why: chosen by rules, so that no one can pick the nice ones. */

import type { EvaluationRecord, PictureRecord } from "../evaluate/record/evaluationRecord.ts";
import {
  mapOverlap,
  maskAgreement,
  maskIou,
  pictureIou,
  pictureLoss,
} from "../evaluate/record/pictureFigures.ts";
import { Random } from "../random.ts";
import type { ListEntry, ReportRun } from "./reportData.ts";

/** What the lists are called, in the order in which they are offered. */
const listNames = {
  changed: "Changed most",
  worse: "Got worse",
  hardest: "Hardest",
  draw: "Drawn at random",
} as const;

/** The same, for controls. */
export const listOrder: readonly string[] = Object.values(listNames);

export type ListName = keyof typeof listNames;

export interface ChooseOptions {
  /** Pictures of a list at most. */
  readonly perList?: number;
  readonly seed?: number;
  /** All by default. */
  readonly lists?: readonly ListName[];
}

export interface ChosenPicture {
  readonly id: string;
  readonly lists: readonly ListEntry[];
}

/** A run whose pictures were recorded. */
type RecordedRun = ReportRun & { readonly record: EvaluationRecord };

/** A picture with what puts it into a list. */
interface Candidate {
  readonly id: string;
  /** The higher, the earlier. */
  readonly score: number;
  readonly reason?: string;
}

/**
 * The pictures of four lists, each once, those at the top of a list first.
 *
 * "Changed most" and "Got worse" compare each run with the first one, and take the run that differs most:
 * in where it looks or what it masks, and in how well that covers the objects (how high the loss is, where
 * there is no mask to tell). "Hardest" have the highest mean classification loss of all runs, or the
 * lowest intersection over union of a segmentation network. The rest are drawn by the seed.
 */
export function choosePictures(
  runs: readonly ReportRun[],
  { perList = 12, seed = 0, lists: wanted }: ChooseOptions = {},
): ChosenPicture[] {
  const recorded = runs.filter((run): run is RecordedRun => run.record !== undefined);
  if (recorded.length === 0) return [];
  const [first, ...others] = recorded;
  const pairs = others.map((run) => ({ run, pictures: byId(run.record) }));
  const compared = (
    compare: (before: PictureRecord, after: PictureRecord, run: RecordedRun) => Candidate[],
  ): Candidate[] =>
    first.record.pictures.flatMap((before) => {
      const found = pairs.flatMap(({ run, pictures }) => {
        const after = pictures.get(before.id);
        return after === undefined ? [] : compare(before, after, run);
      });
      return found.sort((a, b) => b.score - a.score).slice(0, 1);
    });
  const lists: Readonly<Record<ListName, readonly Candidate[]>> = {
    changed: top(compared(changed), perList),
    worse: top(
      compared((before, after, run) => worse(first, before, after, run)),
      perList,
    ),
    hardest: top(hardest(recorded), perList),
    draw: drawn(first.record, perList, seed),
  };
  const chosen = new Map<string, ListEntry[]>();
  for (const [key, candidates] of Object.entries(lists)) {
    if (wanted !== undefined && !wanted.includes(key as ListName)) continue;
    for (const [rank, { id, reason }] of candidates.entries()) {
      const list = listNames[key as ListName];
      const entry = { list, rank, ...(reason !== undefined && { reason }) };
      chosen.set(id, [...(chosen.get(id) ?? []), entry]);
    }
  }
  const best = ({ lists: entries }: ChosenPicture): number =>
    Math.min(...entries.map(({ rank }) => rank));
  return [...chosen]
    .map(([id, entries]) => ({ id, lists: entries }))
    .sort((a, b) => best(a) - best(b));
}

/**
 * How well a run covers the objects of a picture: its attention at the run's best threshold, mean over the
 * picture's tags, or its mask, mean over labels. Undefined where there is no mask to compare with.
 */
export function coverage(
  { metrics }: Pick<ReportRun, "metrics">,
  picture: PictureRecord,
): number | undefined {
  const threshold = metrics.attention?.threshold;
  if (picture.confusion !== undefined) return maskIou(picture);
  return threshold === undefined ? undefined : pictureIou(picture, threshold);
}

const byId = ({ pictures }: EvaluationRecord): ReadonlyMap<string, PictureRecord> =>
  new Map(pictures.map((picture) => [picture.id, picture]));

function changed(before: PictureRecord, after: PictureRecord, { name }: RecordedRun): Candidate[] {
  const { id } = before;
  const overlap = mapOverlap(before, after);
  if (overlap !== undefined && overlap < 1) {
    return [{ id, score: 1 - overlap, reason: `${name}: maps overlap by ${percent(overlap)} %` }];
  }
  const agreement = maskAgreement(before, after);
  if (agreement === undefined || agreement === 1) return [];
  return [
    {
      id,
      score: 1 - agreement,
      reason: `${name}: masks agree on ${percent(agreement)} % of the pixels`,
    },
  ];
}

function worse(
  first: RecordedRun,
  before: PictureRecord,
  after: PictureRecord,
  run: RecordedRun,
): Candidate[] {
  const { id } = before;
  const [from, to] = [coverage(first, before), coverage(run, after)];
  if (from !== undefined && to !== undefined) {
    if (to >= from) return [];
    return [
      { id, score: from - to, reason: `${run.name}: IoU ${percent(from)} to ${percent(to)}` },
    ];
  }
  const [low, high] = [pictureLoss(before), pictureLoss(after)];
  if (low === undefined || high === undefined || high <= low) return [];
  const reason = `${run.name}: loss ${low.toFixed(2)} to ${high.toFixed(2)}`;
  // Behind all that are compared by their masks.
  return [{ id, score: -1 / (high - low), reason }];
}

function hardest(runs: readonly RecordedRun[]): Candidate[] {
  const scores = new Map<string, number[]>();
  const isMasks = runs[0].record.pictures.some(({ confusion }) => confusion);
  for (const { record } of runs) {
    for (const picture of record.pictures) {
      const iou = maskIou(picture);
      const score = isMasks && iou !== undefined ? 1 - iou : pictureLoss(picture);
      if (score !== undefined) scores.set(picture.id, [...(scores.get(picture.id) ?? []), score]);
    }
  }
  const mean = runs.length > 1 ? "mean " : "";
  return [...scores].map(([id, values]) => {
    const score = values.reduce((sum, value) => sum + value, 0) / values.length;
    const reason = isMasks ? `${mean}IoU ${percent(1 - score)}` : `${mean}loss ${score.toFixed(2)}`;
    return { id, score, reason };
  });
}

/** Pictures with tags or masks, those with masks first. */
function drawn({ pictures }: EvaluationRecord, count: number, seed: number): Candidate[] {
  const hasTruth = ({ attention, confusion }: PictureRecord): boolean =>
    attention !== undefined || confusion !== undefined;
  const able = pictures.filter((picture) => picture.tags.length > 0 || hasTruth(picture));
  const shuffled = new Random(seed).fork("examples").shuffle([...able]);
  return [...shuffled.filter(hasTruth), ...shuffled.filter((picture) => !hasTruth(picture))]
    .slice(0, count)
    .map(({ id }) => ({ id, score: 0 }));
}

const top = (candidates: readonly Candidate[], count: number): Candidate[] =>
  candidates.toSorted((a, b) => b.score - a.score).slice(0, count);

const percent = (share: number): string => (100 * share).toFixed(0);
