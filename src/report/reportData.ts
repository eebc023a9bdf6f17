/** What a report is made from. */

import type { LabelMap } from "../data/mask.ts";
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import type { EvaluationRecord } from "../evaluate/record/evaluationRecord.ts";
import type { RecordedMaps } from "../evaluate/record/mapsRecord.ts";
import type { AttentionMap, RgbImage } from "./image.ts";

/** Options by name. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

export interface ReportRun {
  /** Short and distinct: "none", "self", "60 masks". */
  readonly name: string;
  readonly metrics: EvaluateJson;
  /** Losses by name ("loss", "classification", "mining", and so on), in ascending steps. */
  readonly history: readonly {
    readonly step: number;
    readonly losses: Readonly<Record<string, number>>;
  }[];
  /** What was found on each picture: intervals, and which tags are mistaken, follow from it. */
  readonly record?: EvaluationRecord | undefined;
  /** How good its maps are, by method and layer, where that was measured. */
  readonly maps?: readonly RecordedMaps[];
  /** Its own; where runs differ they are shown side by side. */
  readonly settings?: Settings;
}

export interface ReportMap extends AttentionMap {
  /** Name of the run that made it. */
  readonly run: string;
  /** The tag whose evidence it shows; left out when it stands for all tags of the picture. */
  readonly tag?: string;
}

/** A list that a picture is in. */
export interface ListEntry {
  /** "Hardest", ...: the same of all its pictures. */
  readonly list: string;
  /** Its place in the list, from 0. */
  readonly rank: number;
  /** Why it is there: "mean loss 2.31". */
  readonly reason?: string;
}

export interface ReportPanel {
  readonly title: string;
  readonly picture: RgbImage;
  /** Name of the run that made it, if what it found is to be told below. */
  readonly run?: string;
}

export interface ReportExample {
  readonly id: string;
  readonly tags: readonly string[];
  readonly picture: RgbImage;
  readonly truth?: LabelMap;
  readonly maps: readonly ReportMap[];
  /** Further pictures of it, each under a title, such as its cues and its mask. */
  readonly panels?: readonly ReportPanel[];
  readonly lists?: readonly ListEntry[];
}

export interface ReportData {
  readonly title: string;
  readonly intro?: string;
  /** Of all runs. */
  readonly settings: Settings;
  /** The first one is what the others are compared with. */
  readonly runs: readonly ReportRun[];
  readonly examples: readonly ReportExample[];
  /** The command line that made it. */
  readonly command?: string;
  /** What a reader must know, such as why there are no pictures. */
  readonly notes?: readonly string[];
}
