/** How good attention maps are: what is measured, in words for a terminal and for a report. */

import type { MapsResult } from "../evaluate/evaluateJson.ts";
import { camMethods, isCamMethod } from "../gain/index.ts";
import { inPercent } from "../inPercent.ts";

export interface MapMeasure {
  readonly label: string;
  readonly group: "places" | "network";
  readonly better: "higher" | "lower";
  readonly meaning: string;
  /** A fraction. */
  readonly of: (maps: MapsResult) => number | null | undefined;
}

export const mapMeasures: readonly MapMeasure[] = [
  {
    label: "pointing",
    group: "places",
    better: "higher",
    meaning: "share of the maps whose highest point lies on an object, or close to it",
    of: ({ localization }) => localization?.pointingGame.mean,
  },
  {
    label: "energy",
    group: "places",
    better: "higher",
    meaning: "share of a map that falls on objects",
    of: ({ localization }) => localization?.energy.mean,
  },
  {
    label: "MaxBoxAccV2",
    group: "places",
    better: "higher",
    meaning: "share of the maps whose high part has a box around it that fits an object’s",
    of: ({ localization }) => localization?.maxBoxAccV2.mean,
  },
  {
    label: "PxAP",
    group: "places",
    better: "higher",
    meaning: "average precision of a map as a score of its pixels",
    of: ({ localization }) => localization?.PxAP.mean,
  },
  {
    label: "mIoU",
    group: "places",
    better: "higher",
    meaning: "mean intersection over union of background and classes, at the best threshold",
    of: ({ localization }) => localization?.attention.mIoU,
  },
  {
    label: "insertion",
    group: "network",
    better: "higher",
    meaning:
      "mean probability of the class while pixels appear in a blurred picture, highest first",
    of: ({ faithfulness }) => faithfulness?.insertion.mean,
  },
  {
    label: "deletion",
    group: "network",
    better: "lower",
    meaning: "mean probability of the class while pixels are taken away, highest first",
    of: ({ faithfulness }) => faithfulness?.deletion.mean,
  },
  {
    label: "ROAD",
    group: "network",
    better: "higher",
    meaning:
      "how much more probable the class stays without the least relevant pixels than without the most relevant ones, halved",
    of: ({ faithfulness }) => faithfulness?.road.mean,
  },
];

/** "Grad-CAM". */
export const methodTitle = (method: string): string =>
  isCamMethod(method) ? camMethods[method].title : method;

/** "Grad-CAM at conv6". */
export const viewName = ({ method, layer }: Pick<MapsResult, "method" | "layer">): string =>
  `${methodTitle(method)} at ${layer}`;

/** Of how many pictures and maps the figures are; empty where nothing but blank maps was looked for. */
export function mapsBasis({ localization, faithfulness }: MapsResult): string {
  const parts = [];
  if (localization !== undefined) {
    const { masks, boxes } = localization.pictures;
    const truth = [
      ...(masks > 0 ? [`${masks} with masks`] : []),
      ...(boxes > 0 ? [`${boxes} with boxes only`] : []),
    ];
    parts.push(
      `where they lie: ${localization.maps} maps of ${masks + boxes} pictures (${truth.join(", ")})`,
    );
  }
  if (faithfulness !== undefined) {
    const leftOut = faithfulness.leftOut > 0 ? `, ${faithfulness.leftOut} left out` : "";
    parts.push(`what they say of the network: ${faithfulness.maps} maps${leftOut}`);
  }
  return parts.join("; ");
}

/**
 * Which of the figures are the best as they are printed, in percent with a decimal; none where all
 * that are there print the same.
 */
export function bestAmong(
  values: readonly (number | null | undefined)[],
  better: MapMeasure["better"],
): readonly boolean[] {
  const printed = values.map((value) => (value == null ? undefined : inPercent(value)));
  const numbers = printed.flatMap((text) => (text === undefined ? [] : [Number(text)]));
  const best = better === "higher" ? Math.max(...numbers) : Math.min(...numbers);
  const isMixed = new Set(numbers).size > 1;
  return printed.map((text) => isMixed && text !== undefined && Number(text) === best);
}
