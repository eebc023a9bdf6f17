/** What each run makes of a picture. */

import { foundTags } from "../evaluate/record/pictureFigures.ts";
import { tagThresholds } from "../evaluate/record/tagThresholds.ts";
import { coverage } from "./choosePictures.ts";
import type { ReportRun } from "./reportData.ts";

export interface FoundTag {
  /** Of the class, 1 / (1 + exp(−logit)). */
  readonly probability: number;
  /** Whether its score is above the threshold with the best F1; see `tagThresholds`. */
  readonly isFound: boolean;
}

export interface Finding {
  /** The picture's own tags, by name; none of a segmentation network. */
  readonly tags: ReadonlyMap<string, FoundTag>;
  /** Names of tags that are found and that it does not have. */
  readonly falselyFound: readonly string[];
  /** Of its attention or its mask with the truth, where there is one; see `coverage`. */
  readonly iou: number | undefined;
}

/** Findings by the pictures' ids; empty for a run whose pictures were not recorded. */
export function findingsOf(run: ReportRun): ReadonlyMap<string, Finding> {
  const { record } = run;
  if (record === undefined) return new Map();
  const thresholds = tagThresholds(record).map(({ threshold }) => threshold);
  return new Map(
    record.pictures.map((picture) => {
      const { id, tags, logits } = picture;
      const found = foundTags(picture, thresholds);
      const named = tags.flatMap((c) =>
        logits === undefined
          ? []
          : [
              [
                record.classes[c],
                { probability: 1 / (1 + Math.exp(-logits[c])), isFound: found.includes(c) },
              ] as const,
            ],
      );
      return [
        id,
        {
          tags: new Map(named),
          falselyFound: found.filter((c) => !tags.includes(c)).map((c) => record.classes[c]),
          iou: coverage(run, picture),
        },
      ];
    }),
  );
}

/** Whether a classifier finds the picture's tags and no other; undefined of a segmentation network. */
export function isRight({ tags, falselyFound }: Finding): boolean | undefined {
  if (tags.size === 0 && falselyFound.length === 0) return undefined;
  return falselyFound.length === 0 && [...tags.values()].every(({ isFound }) => isFound);
}
