/** The pictures that a command line names: files, folders of them, or whole data sets. */
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { DataError, isPicture, openDataset, type Sample, samplesOf } from "../data/index.ts";

export interface PicturePathsOptions {
  /** Names of the classes that tags stand for. */
  readonly classes: readonly string[];
  /** Split of data sets; all of them by default. */
  readonly split?: string | undefined;
}

/**
 * Samples of the paths, each once, in their order. A file is a picture, or a CSV or JSON table; a
 * folder whose own files are pictures gives those; any other folder is a data set. Pictures that
 * are no part of a data set have no tags, and their file's name as id.
 *
 * @throws {DataError} When a path is none of these, or two pictures would have the same id.
 */
export async function picturesOf(
  paths: readonly string[],
  { classes, split }: PicturePathsOptions,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const path of paths) samples.push(...(await samplesAt(resolve(path), classes, split)));
  const byId = new Map<string, Sample>();
  for (const sample of samples) {
    const other = byId.get(sample.id);
    if (other !== undefined && other.image !== sample.image) {
      throw new DataError(
        `${sample.image}: its mask would be ${sample.id}.png, as that of ${other.image}. Give them to commands of their own, with another --out.`,
      );
    }
    byId.set(sample.id, sample);
  }
  return [...byId.values()];
}

async function samplesAt(
  path: string,
  classes: readonly string[],
  split: string | undefined,
): Promise<readonly Sample[]> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() && isPicture(path)) return [bareSample(path)];
  if (info?.isDirectory()) {
    const names = await ownPictures(path);
    if (names.length > 0) return names.map((name) => bareSample(join(path, name)));
  }
  const dataset = await openDataset(path, { classes });
  return split === undefined ? Object.values(dataset.splits).flat() : samplesOf(dataset, split);
}

/**
 * Names of the pictures that lie in a folder itself; none of a VOC folder.
 *
 * @throws {DataError} When it has folders of pictures, too: it may be meant as a data set.
 */
async function ownPictures(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(
    ({ name }) => !name.startsWith("."),
  );
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const names = entries.filter((entry) => entry.isFile() && isPicture(entry.name));
  if (names.length === 0 || folders.includes("ImageSets")) return [];
  for (const inner of folders) {
    // Masks lie beside pictures in either case.
    const isOfPictures = inner !== "masks" && (await readdir(join(folder, inner))).some(isPicture);
    if (!isOfPictures) continue;
    throw new DataError(
      `${folder}: must hold either pictures or folders of them, one for each class; it has both, ${names[0].name} and the folder ${inner}. Name the pictures themselves, or move one of the two.`,
    );
  }
  return names.map(({ name }) => name).sort();
}

const bareSample = (image: string): Sample => ({
  id: basename(image, extname(image)),
  image,
  tags: [],
});
