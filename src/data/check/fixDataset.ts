/** Mending what `checkDataset` found and what needs no judgement. */

import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { messageOf } from "../../messageOf.ts";
import { decodePng } from "../decodePng.ts";
import { withoutExtension } from "../files.ts";
import { encodeIndexedPng } from "../indexedPng.ts";
import { mapLimited } from "../mapLimited.ts";
import { paletteIndex } from "../mask.ts";
import { DataError } from "../types.ts";
import { Backup, type Change } from "./backup.ts";
import type { DatasetReport } from "./checkDataset.ts";
import type { Finding, FindingKind } from "./finding.ts";
import { pictureChange, pictureFixes, rewritePicture } from "./fixPicture.ts";
import { vocLists } from "./listFindings.ts";
import { readRawTable, trimmedTags } from "./rawTable.ts";

export interface FixReport {
  /** The folder of the originals, beside the data set; there once something was changed. */
  readonly backup: string;
  readonly changes: readonly Change[];
  /** Files that were left as they are, each with the reason. */
  readonly refused: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * Mends the findings that are `isFixable`, in place; the originals go to a folder beside the data
 * set. Pictures are stored upright with 8 bits in sRGB, coloured masks as indices; tags in tables
 * lose the spaces around them; copies of pictures to measure with leave the lists of "train".
 *
 * @param path    The data set, as for `checkDataset`.
 * @param report  What was found there.
 * @throws {DataError} When a file cannot be written; those before it are changed.
 */
export async function fixDataset(path: string, report: DatasetReport): Promise<FixReport> {
  const { root, format } = report;
  const backup = new Backup(root);
  const found = [...report.problems, ...report.notes].filter(({ isFixable }) => isFixable);
  const changes: Change[] = [];
  const refused: { file: string; reason: string }[] = [];

  const pictures = byFile(found.filter(({ kind }) => pictureFixes.has(kind)));
  await mapLimited([...pictures], 2, async ([file, kinds]) => {
    try {
      const content = await rewritePicture(file);
      changes.push(await backup.replace(file, content, { kinds, change: pictureChange(kinds) }));
    } catch (error) {
      if (error instanceof DataError) throw error;
      refused.push({ file, reason: `the picture stored anew ${messageOf(error)}` });
    }
  });
  for (const { file, kind } of found.filter((one) => one.kind === "mask-colours")) {
    const content = indexed(await readFile(file));
    const change = "stored as an indexed PNG";
    changes.push(await backup.replace(file, content, { kinds: [kind], change }));
  }
  const copies = found.filter(({ kind }) => kind === "duplicate-across-splits");
  const images = new Set(copies.map(({ file }) => file));
  if (format === "table")
    changes.push(...(await fixTable(resolve(path), root, found, images, backup)));
  if (format === "voc") changes.push(...(await fixVocLists(root, images, backup)));
  return { backup: backup.folder, changes, refused };
}

/** Trims tags, and takes rows of these images out. */
async function fixTable(
  path: string,
  root: string,
  found: readonly Finding[],
  images: ReadonlySet<string>,
  backup: Backup,
): Promise<Change[]> {
  const isSpaced = found.some(({ kind }) => kind === "tag-spaces");
  const table = isSpaced || images.size > 0 ? await readRawTable(path) : undefined;
  if (table === undefined) return [];
  const text = table.edited((row) =>
    images.has(resolve(root, row.image)) ? undefined : { ...row, tags: trimmedTags(row.tags) },
  );
  const kinds: FindingKind[] = [];
  const parts: string[] = [];
  if (isSpaced) {
    kinds.push("tag-spaces");
    parts.push("spaces around tags removed");
  }
  if (images.size > 0) {
    kinds.push("duplicate-across-splits");
    parts.push(removed(images.size));
  }
  return [await backup.replace(path, text, { kinds, change: parts.join(", ") })];
}

/** Takes the lines of these images out of the lists of "train". */
async function fixVocLists(
  root: string,
  images: ReadonlySet<string>,
  backup: Backup,
): Promise<Change[]> {
  if (images.size === 0) return [];
  const ids = new Set([...images].map((image) => withoutExtension(basename(image))));
  const changes: Change[] = [];
  const lists = await vocLists(root);
  const whole = lists.filter((file) => basename(file) === "train.txt");
  // Where the split has a list of its own, those of the classes say the tags, of "trainval" too.
  const ofTrain = whole.length > 0 ? whole : lists.filter((file) => file.endsWith("_train.txt"));
  for (const file of ofTrain) {
    const lines = (await readFile(file, "utf8")).split("\n");
    const kept = lines.filter((line) => !ids.has(line.trim().split(/\s+/)[0]));
    if (kept.length === lines.length) continue;
    const change = removed(lines.length - kept.length);
    const kinds = ["duplicate-across-splits"] as const;
    changes.push(await backup.replace(file, kept.join("\n"), { kinds, change }));
  }
  return changes;
}

const removed = (count: number): string =>
  `${count} ${count === 1 ? "copy" : "copies"} of pictures of other splits taken out of "train"`;

/** A mask in colours of VOC's palette as one of their numbers. */
function indexed(bytes: Uint8Array): Uint8Array {
  const { width, height, samples, channels, bitDepth } = decodePng(bytes);
  const shift = bitDepth - 8;
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) {
    const [r, g, b] = samples.subarray(i * channels, i * channels + 3);
    const value = paletteIndex.get(((r >> shift) << 16) | ((g >> shift) << 8) | (b >> shift));
    if (value === undefined) throw new Error("internal: a checked mask has an unknown colour.");
    values[i] = value;
  }
  return encodeIndexedPng(values, width, height);
}

function byFile(findings: readonly Finding[]): ReadonlyMap<string, FindingKind[]> {
  const kinds = new Map<string, FindingKind[]>();
  for (const { file, kind } of findings) kinds.set(file, [...(kinds.get(file) ?? []), kind]);
  return kinds;
}
