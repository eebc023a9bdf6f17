/** Cues of the tiny data set, taken from its masks: three cells in four, the others without. */
import { type Dataset, decodeMask, openDataset, resampleMask } from "../../src/data/index.ts";
import { noCue } from "../../src/sec/cueGrid.ts";
import type { CueSet } from "../../src/sec/cueSet.ts";
import { writeCueSet } from "../../src/segment/index.ts";

/** Options of runs of SEC that take seconds. */
export const tinySec = [
  ...["--model", "smallnet_largefov", "--input-size", "33", "--batch-size", "4"],
  ...["--threads", "1", "--set", "optimizer.kind=adam", "--set", "headRateFactor=1"],
];

/** Grids of the training pictures. */
export async function cuesOfMasks(
  { classes, maskLabels, splits }: Dataset,
  size: number,
): Promise<CueSet> {
  const grids = new Map<string, Uint8Array>();
  for (const { id, mask = "" } of splits.train) {
    const { labels } = resampleMask(await decodeMask(mask, maskLabels), size, size);
    grids.set(
      id,
      labels.map((label, i) => (i % 4 === 3 ? noCue : label)),
    );
  }
  return { size, classes, grids };
}

/** Writes such cues as a CUES folder. @returns  The folder. */
export async function tinyCues(data: string, out: string, size: number = 7): Promise<string> {
  const cues = await cuesOfMasks(await openDataset(data), size);
  await writeCueSet(out, cues, { source: "masks", data, unreadable: [] });
  return out;
}
