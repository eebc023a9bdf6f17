/** What lists and tables say that the folders do not hold, and the reverse. */

import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isPicture, namesIn, subfolders, withoutExtension } from "../files.ts";
import { maskFile } from "../mask.ts";
import type { Dataset } from "../types.ts";
import { samplesByImage } from "./duplicates.ts";
import { type Finding, finding } from "./finding.ts";
import { readRawTable, trimmedTags } from "./rawTable.ts";

/** A place in a list: its file, and the line from 1. */
type Place = NonNullable<Finding["listed"]>;

/**
 * Where pictures are listed that are not there, by path. Empty for formats without lines.
 *
 * @param path  Of the data set: a table's own path.
 */
export async function placesOf(
  { format, root }: Dataset,
  path: string,
  images: readonly string[],
): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>();
  if (images.length === 0) return places;
  if (format === "table") {
    const table = await readRawTable(path);
    for (const { image, line } of table?.rows ?? []) {
      places.set(resolve(root, image), { file: path, line });
    }
  }
  if (format === "voc") {
    const byId = new Map(images.map((image) => [withoutExtension(basename(image)), image]));
    for (const file of await vocLists(root)) {
      for (const [i, line] of (await readFile(file, "utf8")).split("\n").entries()) {
        const image = byId.get(line.trim().split(/\s+/)[0]);
        if (image !== undefined && !places.has(image)) places.set(image, { file, line: i + 1 });
      }
    }
  }
  return places;
}

/** All lists of ids of a folder in VOC's layout. */
export async function vocLists(root: string): Promise<string[]> {
  const lists: string[] = [];
  for (const folder of ["Segmentation", "Main"]) {
    const names = await namesIn(join(root, "ImageSets", folder));
    const texts = names.filter((name) => name.endsWith(".txt"));
    lists.push(...texts.map((name) => join(root, "ImageSets", folder, name)));
  }
  return lists;
}

/** Pictures of the data set's folders that are in no split: one note for each folder. */
export async function unlistedFindings(dataset: Dataset): Promise<Finding[]> {
  const known = new Set(
    samplesByImage(dataset).flatMap(({ image, mask }) => [
      image,
      ...(mask === undefined ? [] : [maskFile(mask)]),
    ]),
  );
  const findings: Finding[] = [];
  for (const folder of await pictureFolders(dataset)) {
    const paths = (await namesIn(folder)).filter(isPicture).map((name) => join(folder, name));
    const unlisted = paths.filter((path) => !known.has(path));
    if (unlisted.length === 0) continue;
    const shown = unlisted.slice(0, 3).map((path) => basename(path));
    const names = `${shown.join(", ")}${unlisted.length > shown.length ? ", ..." : ""}`;
    const isLayout = dataset.format === "folders";
    findings.push(
      finding(
        "unlisted-pictures",
        {
          file: folder,
          reason: `${unlisted.length} of its pictures ${isLayout ? "lie outside the folders of classes" : "are in no list"} (${names})`,
          fix: isLayout
            ? "Put them into the folder of their class"
            : "List them, or leave them unused",
        },
        { others: unlisted },
      ),
    );
  }
  return findings;
}

/** Folders whose pictures one expects to be listed. */
async function pictureFolders(dataset: Dataset): Promise<string[]> {
  const { root, format } = dataset;
  if (format !== "folders") {
    return [...new Set(samplesByImage(dataset).map(({ image }) => dirname(image)))].sort();
  }
  const inner = ["train", "val", "valid", "validation", "test"];
  const splits = (await subfolders(root)).filter((name) => inner.includes(name));
  const isSplit = splits.includes("train") && (await subfolders(join(root, "train"))).length > 0;
  return [root, ...(isSplit ? splits.map((name) => join(root, name)) : [])];
}

/** A note where a table's tags have spaces around them, which the reader trims. */
export async function tagSpaceFindings({ format }: Dataset, path: string): Promise<Finding[]> {
  if (format !== "table") return [];
  const table = await readRawTable(path);
  const spaced = (table?.rows ?? []).filter(
    ({ tags }) => String(trimmedTags(tags)) !== String(tags),
  );
  if (spaced.length === 0) return [];
  const [{ line, tags }] = spaced;
  const shown = typeof tags === "string" ? tags : (tags.find((tag) => tag !== tag.trim()) ?? "");
  return [
    finding(
      "tag-spaces",
      {
        file: path,
        reason: `${spaced.length === 1 ? "a row has a tag" : `${spaced.length} rows have tags`} with spaces around ${spaced.length === 1 ? "it" : "them"}, such as "${shown}" in line ${line}`,
        fix: "Nothing for gain, which trims them; remove the spaces for tools that do not",
      },
      { isFixable: true, listed: { file: path, line } },
    ),
  ];
}
