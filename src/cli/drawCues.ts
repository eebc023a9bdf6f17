/** Pictures of cues, one file for each training picture. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Dataset } from "../data/index.ts";
import { mapLimited } from "../data/mapLimited.ts";
import { writeCuePicture } from "../report/cuePicture.ts";
import type { CueSet } from "../sec/cueSet.ts";
import { displayPicture } from "./displayPicture.ts";

/** Pictures that are drawn at a time. */
const picturesAtATime = 2;

interface DrawCuesOptions {
  readonly signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

/** Writes `folder/ID.jpg` for each picture with a grid; one whose id has slashes into subfolders. */
export async function drawCues(
  { splits }: Dataset,
  { size, grids }: CueSet,
  folder: string,
  { signal, onProgress }: DrawCuesOptions,
): Promise<void> {
  const samples = splits.train.filter(({ id }) => grids.has(id));
  let done = 0;
  await mapLimited(samples, picturesAtATime, async ({ id, image }) => {
    signal.throwIfAborted();
    const labels = grids.get(id);
    // One whose picture is gone since has nothing to be drawn over.
    const picture = await displayPicture(image).catch(() => undefined);
    if (labels !== undefined && picture !== undefined) {
      const path = join(folder, `${id.split("/").map(plainName).join("/")}.jpg`);
      await mkdir(dirname(path), { recursive: true });
      await writeCuePicture(path, picture, { width: size, height: size, labels });
    }
    onProgress(++done, samples.length);
  });
}

/** A name that stays in its folder. */
const plainName = (part: string): string => (/^\.*$/.test(part) ? "_" : part);
