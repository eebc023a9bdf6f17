/** What `checkDataset` can find: each kind with its weight and its title. */

import type { Problem } from "../problem.ts";

/**
 * "error" stops the training, loses pictures or falsifies figures; "warning" is likely to harm what
 * is learnt; "note" is good to know.
 */
export type Severity = "error" | "warning" | "note";

interface KindOfFinding {
  readonly severity: Severity;
  /** Heads the findings of the kind in a list. */
  readonly title: string;
}

/** Every kind of finding, most severe first. Ids are stable: scripts filter by them. */
export const findingKinds = {
  "class-without-pictures": { severity: "error", title: "classes without a picture" },
  "no-training-pictures": { severity: "error", title: "nothing to train on" },
  "missing-picture": { severity: "error", title: "listed pictures that are not there" },
  "unreadable-picture": { severity: "error", title: "pictures that cannot be read" },
  "unreadable-mask": { severity: "error", title: "masks that cannot be read" },
  "unreadable-boxes": { severity: "error", title: "boxes that cannot be read" },
  "mask-anti-aliased": { severity: "error", title: "masks with smoothed edges" },
  "mask-unrotated": { severity: "error", title: "masks that lie as their picture is stored" },
  "mask-size": { severity: "error", title: "masks of another size than their picture" },
  "picture-in-two-splits": { severity: "error", title: "pictures to train on and to measure with" },
  "duplicate-across-splits": { severity: "error", title: "copies to train on and to measure with" },
  "no-validation-split": { severity: "warning", title: "nothing to measure with" },
  "empty-split": { severity: "warning", title: "empty splits" },
  "class-not-in-train": { severity: "warning", title: "classes that cannot be learnt" },
  "class-not-in-val": { severity: "warning", title: "classes that cannot be measured" },
  "class-in-every-picture": { severity: "warning", title: "classes without a counter-example" },
  "tags-never-part": { severity: "warning", title: "tags that (nearly) never part" },
  "tag-by-file": { severity: "warning", title: "tags that the kind of file gives away" },
  "tag-spelling": { severity: "warning", title: "tags that may be one" },
  "untagged-picture": { severity: "warning", title: "pictures without a tag" },
  "duplicate-tags-differ": { severity: "warning", title: "copies with different tags" },
  "near-duplicate-across-splits": {
    severity: "warning",
    title: "nearly the same picture to train on and to measure with",
  },
  "near-duplicate-tags-differ": {
    severity: "warning",
    title: "nearly the same picture with different tags",
  },
  "mask-all-background": { severity: "warning", title: "masks that show nothing" },
  "mask-lacks-tag": { severity: "warning", title: "tags that the mask does not show" },
  "mask-class-untagged": { severity: "warning", title: "classes in masks that are no tag" },
  "box-outside": { severity: "warning", title: "boxes that leave their picture" },
  "picture-tiny": { severity: "warning", title: "tiny pictures" },
  "class-imbalance": { severity: "note", title: "classes of very different size" },
  "tag-not-ascii": { severity: "note", title: "tags beyond ASCII" },
  "tag-spaces": { severity: "note", title: "tags with spaces around them" },
  duplicate: { severity: "note", title: "copies" },
  "near-duplicate": { severity: "note", title: "nearly the same picture" },
  "unlisted-pictures": { severity: "note", title: "pictures that no list names" },
  "mask-colours": { severity: "note", title: "masks stored as colours" },
  "exif-rotation": { severity: "note", title: "pictures that EXIF turns" },
  "picture-alpha": { severity: "note", title: "pictures with transparent parts" },
  "picture-16-bit": { severity: "note", title: "pictures with more than 8 bits" },
  "picture-cmyk": { severity: "note", title: "pictures in CMYK" },
  "picture-animated": { severity: "note", title: "pictures with several frames" },
  "picture-huge": { severity: "note", title: "huge pictures" },
  "wrong-extension": { severity: "note", title: "files with another ending than content" },
} as const satisfies Readonly<Record<string, KindOfFinding>>;

export type FindingKind = keyof typeof findingKinds;

export interface Finding extends Problem {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** Whether `fixDataset` mends it. */
  readonly isFixable?: true;
  /** Files that it is about beside `file`, such as the picture's copies. */
  readonly others?: readonly string[];
  /** The list that names the file, and its line, from 1. */
  readonly listed?: { readonly file: string; readonly line: number };
}

/** A finding with the severity of its kind; what is undefined is left out. */
export function finding(
  kind: FindingKind,
  { file, reason, fix }: Problem,
  more: { readonly [K in "isFixable" | "others" | "listed"]?: Finding[K] | undefined } = {},
): Finding {
  const { isFixable, others, listed } = more;
  return {
    file,
    reason,
    fix,
    kind,
    severity: findingKinds[kind].severity,
    ...(isFixable && { isFixable }),
    ...(others && { others }),
    ...(listed && { listed }),
  };
}

const severities: readonly Severity[] = ["error", "warning", "note"];

/** Most severe first, otherwise in the order given. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  return severities.flatMap((severity) => findings.filter((f) => f.severity === severity));
}
