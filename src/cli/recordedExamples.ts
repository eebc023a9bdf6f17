/** Pictures with what runs recorded of them, for reports: no network is needed. */
import type { Dataset } from "../data/index.ts";
import type { PictureRecord } from "../evaluate/record/evaluationRecord.ts";
import { keptMap, keptMask } from "../evaluate/record/pictureRecorder.ts";
import type { ChosenPicture } from "../report/choosePictures.ts";
import { maskPicture } from "../report/maskPicture.ts";
import type { ReportExample, ReportMap, ReportRun } from "../report/reportData.ts";
import { readExample } from "./examples.ts";

/**
 * The chosen pictures in their order, with the maps and masks of every run that has a record of them.
 *
 * @param dataset  Holds the pictures by their ids; one that it lacks, or that cannot be read, is left out.
 */
export async function recordedExamples(
  chosen: readonly ChosenPicture[],
  runs: readonly ReportRun[],
  dataset: Dataset,
): Promise<ReportExample[]> {
  const samples = new Map(
    Object.values(dataset.splits).flatMap((all) => all.map((s) => [s.id, s])),
  );
  const records = runs.map(({ name, record }) => ({
    name,
    pictures: new Map(record?.pictures.map((picture) => [picture.id, picture])),
  }));
  const examples: ReportExample[] = [];
  for (const { id, lists } of chosen) {
    const sample = samples.get(id);
    // One that cannot be read was told when the split was measured.
    const bare = sample && (await readExample(dataset, sample).catch(() => undefined));
    if (bare === undefined) continue;
    const { sample: _, ...example } = bare;
    const found = records.flatMap(({ name, pictures }) => {
      const picture = pictures.get(id);
      return picture === undefined ? [] : [{ name, picture }];
    });
    examples.push({
      ...example,
      lists,
      maps: found.flatMap(({ name, picture }) => mapsOf(name, picture, dataset.classes)),
      panels: found.flatMap(({ name, picture: { mask } }) =>
        mask === undefined
          ? []
          : [{ title: name, run: name, picture: maskPicture(example.picture, keptMask(mask)) }],
      ),
    });
  }
  return examples;
}

function mapsOf(
  run: string,
  { tags, maps }: PictureRecord,
  classes: readonly string[],
): ReportMap[] {
  if (maps === undefined) return [];
  const { width, height, values } = maps;
  return tags.map((tag, t) => ({
    run,
    ...(tags.length > 1 && { tag: classes[tag] }),
    map: keptMap(values[t]),
    width,
    height,
  }));
}
