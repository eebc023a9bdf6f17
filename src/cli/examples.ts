/** Pictures with their truth and attention maps, for reports. */
import {
  type Dataset,
  decodeMask,
  decodePicture,
  Loader,
  noAugmentation,
  pictureSize,
  type Sample,
  sizeWithin,
} from "../data/index.ts";
import type { Model } from "../nn/index.ts";
import { Random } from "../random.ts";
import type { ReportExample, ReportMap } from "../report/reportData.ts";
import type { Attender, PictureAttention } from "../train/index.ts";

/** An example before any run has looked at it. */
export interface BareExample extends Omit<ReportExample, "maps"> {
  readonly sample: Sample;
}

/** Longest side of an example's picture, pixels. */
const displaySize = 320;

/** Readable pictures of a split with tags, those with masks first, drawn by the seed. */
export async function drawExamples(
  dataset: Dataset,
  split: string,
  count: number,
  seed: number,
): Promise<BareExample[]> {
  const tagged = (dataset.splits[split] ?? []).filter(({ tags }) => tags.length > 0);
  const shuffled = new Random(seed).fork("examples").shuffle([...tagged]);
  const sorted = [
    ...shuffled.filter(({ mask }) => mask !== undefined),
    ...shuffled.filter(({ mask }) => mask === undefined),
  ];
  const examples: BareExample[] = [];
  for (const sample of sorted) {
    if (examples.length === count) break;
    // One that cannot be read was told when the split was measured.
    const example = await readExample(dataset, sample).catch(() => undefined);
    if (example !== undefined) examples.push(example);
  }
  return examples;
}

/** The maps of each example's own tags. */
export async function mapsOfRun(
  run: string,
  { attender, model }: { readonly attender: Attender; readonly model: Model },
  { maskLabels, classes }: Dataset,
  examples: readonly BareExample[],
): Promise<ReportMap[][]> {
  const { inputSize: size, preprocessing } = model;
  const loader = new Loader({ size, preprocessing, maskLabels });
  try {
    const maps: ReportMap[][] = [];
    for (let start = 0; start < examples.length; start += attender.batchSize) {
      const samples = examples.slice(start, start + attender.batchSize).map(({ sample }) => sample);
      const items = samples.map((sample) => ({
        sample,
        augmentation: noAugmentation,
        withMask: false,
      }));
      const { images } = await loader.load(items);
      const results = await attender.attend(images);
      maps.push(...results.map((result, n) => reportMaps(run, result, samples[n], classes)));
    }
    return maps;
  } finally {
    await loader.close();
  }
}

/** A picture with its truth. @throws {DataError} When one of them cannot be read. */
export async function readExample(
  { classes, maskLabels }: Dataset,
  sample: Sample,
): Promise<BareExample> {
  const { width, height } = sizeWithin(await pictureSize(sample.image), displaySize);
  return {
    id: sample.id,
    sample,
    tags: sample.tags.map((tag) => classes[tag]),
    picture: await decodePicture(sample.image, width, height),
    ...(sample.mask !== undefined && { truth: await decodeMask(sample.mask, maskLabels) }),
  };
}

function reportMaps(
  run: string,
  { maps, height, width }: PictureAttention,
  { tags }: Sample,
  classes: readonly string[],
): ReportMap[] {
  return tags.map((tag) => ({
    run,
    ...(tags.length > 1 && { tag: classes[tag] }),
    map: maps.subarray(tag * height * width, (tag + 1) * height * width),
    width,
    height,
  }));
}
