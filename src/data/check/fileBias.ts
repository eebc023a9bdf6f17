/** Tags that can be told by what kind of file a picture is, without looking at it. */

import type { Dataset } from "../types.ts";
import { type Finding, finding } from "./finding.ts";
import type { Inspection } from "./inspectPicture.ts";
import { lowerBound } from "./tagBias.ts";

/** What both shares must surely exceed: of the files that have the tag, and of the tag's that are such. */
const [alarmingShare, notableShare] = [0.8, 0.5];

/**
 * A warning for each tag whose pictures come from a source of their own, as their files show: their
 * format, size, or lack of colour. A network can learn the source (its compression, its blur when
 * scaled) in place of the object.
 */
export function fileBiasFindings(
  { root, classes, splits }: Dataset,
  pictures: ReadonlyMap<string, Inspection>,
): Finding[] {
  const known = splits.train.flatMap(({ image, tags }) => {
    const picture = pictures.get(image);
    return picture === undefined ? [] : [{ tags, traits: traitsOf(picture) }];
  });
  const traits = new Set(known.flatMap((one) => one.traits));
  const findings: Finding[] = [];
  for (const trait of traits) {
    const having = known.filter((one) => one.traits.includes(trait));
    for (const [index, name] of classes.entries()) {
      const tagged = known.filter(({ tags }) => tags.includes(index)).length;
      const both = having.filter(({ tags }) => tags.includes(index)).length;
      const others = known.length - having.length;
      const elsewhere = others > 0 ? (tagged - both) / others : 1;
      const bound = lowerBound(both, having.length);
      if (bound < alarmingShare || bound <= elsewhere) continue;
      if (lowerBound(both, tagged) < notableShare) continue;
      findings.push(
        finding("tag-by-file", {
          file: root,
          reason: `${both} of ${having.length} pictures to train on that ${trait} have "${name}", and ${tagged - both} of the ${others} others: the network may tell it by that`,
          fix: "Take pictures of all classes from the same sources, or store all of them alike",
        }),
      );
    }
  }
  return findings;
}

function traitsOf({ format, upright, isGrey }: Inspection): string[] {
  return [
    `are ${format === "heif" ? "AVIF" : format === "webp" ? "WebP" : format.toUpperCase()} files`,
    `are ${upright.width}x${upright.height} pixels`,
    ...(isGrey ? ["have no colour"] : []),
  ];
}
