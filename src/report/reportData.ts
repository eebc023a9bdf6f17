/** What a report is made from. */

import type { LabelMap } from "../data/mask.ts";
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import type { AttentionMap, RgbImage } from "./image.ts";

export interface ReportRun {
  /** Short and distinct: "none", "self", "60 masks". */
  readonly name: string;
  readonly metrics: EvaluateJson;
  /** Losses by name ("loss", "classification", "mining", "extra"), in ascending steps. */
  readonly history: readonly {
    readonly step: number;
    readonly losses: Readonly<Record<string, number>>;
  }[];
}

export interface ReportMap extends AttentionMap {
  /** Name of the run that made it. */
  readonly run: string;
  /** The tag whose evidence it shows; left out when it stands for all tags of the picture. */
  readonly tag?: string;
}

export interface ReportExample {
  readonly id: string;
  readonly tags: readonly string[];
  readonly picture: RgbImage;
  readonly truth?: LabelMap;
  readonly maps: readonly ReportMap[];
  /** Further pictures of it, each under a title, such as its cues and its mask. */
  readonly panels?: readonly { readonly title: string; readonly picture: RgbImage }[];
}

export interface ReportData {
  readonly title: string;
  readonly intro?: string;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** The first one is what the others are compared with. */
  readonly runs: readonly ReportRun[];
  readonly examples: readonly ReportExample[];
  /** The command line that made it. */
  readonly command?: string;
}
