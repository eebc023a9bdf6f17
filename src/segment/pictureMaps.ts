/** What a classifier says of a picture's cells: maps averaged over scales and flips. */

import type { LoadFailure, Sample } from "../data/index.ts";
import { batchesAhead, Loader } from "../data/index.ts";
import { mirrorRows } from "../data/mirrorRows.ts";
import { attend, saliency, saliencyLayerOf } from "../gain/index.ts";
import type { Model } from "../nn/index.ts";
import { Executor, type Program, type TensorData } from "../runtime/index.ts";
import { planeOnGrid } from "../sec/cueGrid.ts";
import { type OpenedRun, paddedBatch } from "../train/index.ts";

export interface PictureMapsOptions {
  /** Side of the grid, cells. */
  readonly size: number;
  /** Sides of the network's input relative to the run's; rounded to a multiple of 16 pixels. */
  readonly scales: readonly number[];
  /** Whether to look at the mirrored picture, too. */
  readonly flip: boolean;
  /** Layer of the saliency; without, there is none. */
  readonly saliencyLayer?: string | undefined;
  readonly batchSize: number;
  readonly threads: number;
}

/** Of one picture, on the grid. */
export interface PictureMaps {
  readonly sample: Sample;
  /** Attention of each of the sample's tags, in their order. */
  readonly attention: readonly Float32Array[];
  readonly saliency: Float32Array | undefined;
}

export interface MappedBatch {
  /** Those that could be read. */
  readonly pictures: readonly PictureMaps[];
  /** All that were asked for. */
  readonly samples: readonly Sample[];
  readonly failures: readonly LoadFailure[];
}

/** The side of the network's input at a scale. */
export const sideAt = (inputSize: number, scale: number): number =>
  Math.max(16, Math.round((inputSize * scale) / 16) * 16);

/** The layer of a run's saliency. */
export const saliencyLayer = ({ model }: OpenedRun, asked?: string): string =>
  asked ?? saliencyLayerOf(model);

/**
 * Goes through the samples in batches, one batch of each scale at a time in memory.
 *
 * Each view's attention maps are divided by their maximum and its saliency by its mean, so that
 * every view counts the same; then their mean is taken on the grid.
 */
export async function* pictureMaps(
  { model, parameters, config }: OpenedRun,
  samples: readonly Sample[],
  options: PictureMapsOptions,
): AsyncGenerator<MappedBatch> {
  const { scales, batchSize, threads } = options;
  const executor = await Executor.start({ device: config.options.device, threads });
  const looks: Look[] = [];
  try {
    await executor.setState(parameters);
    for (const scale of scales) {
      looks.push(await startLook(executor, atScale(model, scale), config.options.layer, options));
    }
    const streams = looks.map(({ loader }) =>
      batchesAhead(loader, samples, batchSize, { withMasks: false }),
    );
    for (let start = 0; start < samples.length; start += batchSize) {
      const own = samples.slice(start, start + batchSize);
      const sums = own.map((sample) => emptyMaps(sample, options));
      let sources: Int32Array = new Int32Array(0);
      let failures: readonly LoadFailure[] = [];
      for (const [i, look] of looks.entries()) {
        const { value } = await streams[i].next();
        if (value === undefined) throw new Error("internal: a stream of batches ends early.");
        ({ sources, failures } = value.batch);
        for (const isFlipped of options.flip ? [false, true] : [false]) {
          await addView(sums, value.batch.images, look, isFlipped, options);
        }
      }
      // A slot whose own picture could not be read holds another one, which has its own slot.
      const pictures = sums.filter((_, n) => sources[n] === n);
      yield { samples: own, pictures, failures };
    }
  } finally {
    await Promise.all([...looks.map(({ loader }) => loader.close()), executor.close()]);
  }
}

/** The network at one size of its input. */
interface Look {
  readonly model: Model;
  readonly loader: Loader;
  readonly program: Program;
}

/** The model again, at another size of its input; its parameters are the same. */
function atScale(model: Model, scale: number): Model {
  const { preprocessing, inputSize } = model;
  return scale === 1 ? model : { ...model.resized(sideAt(inputSize, scale)), preprocessing };
}

async function startLook(
  executor: Executor,
  model: Model,
  layer: string | undefined,
  { batchSize, saliencyLayer }: PictureMapsOptions,
): Promise<Look> {
  const { maps, forward } = attend(model, batchSize, layer);
  const program = await executor.compile({
    outputs: {
      maps,
      ...(saliencyLayer !== undefined && { saliency: saliency(forward, saliencyLayer) }),
    },
  });
  const { inputSize: size, preprocessing } = model;
  const loader = new Loader({ size, preprocessing, maskLabels: new Uint8Array(256) });
  return { model, program, loader };
}

function emptyMaps(sample: Sample, { size, saliencyLayer }: PictureMapsOptions): PictureMaps {
  return {
    sample,
    attention: sample.tags.map(() => new Float32Array(size * size)),
    saliency: saliencyLayer === undefined ? undefined : new Float32Array(size * size),
  };
}

/** Adds what the network sees in one view of each picture. */
async function addView(
  sums: readonly PictureMaps[],
  images: Float32Array,
  { model, program }: Look,
  isFlipped: boolean,
  { size, scales, flip, batchSize }: PictureMapsOptions,
): Promise<void> {
  const { batch } = paddedBatch("pictureMaps", images, { size: model.inputSize, batchSize });
  if (isFlipped) mirrorRows(batch, model.inputSize);
  const results = await program.run({ images: batch }, [batch]);
  const weight = 1 / (scales.length * (flip ? 2 : 1));
  const add = (sum: Float32Array, from: TensorData, index: number, scale: number): void => {
    const [height, width] = from.shape.slice(-2);
    const plane = planeOnGrid({ values: from.data, height, width }, index, size);
    if (isFlipped) mirrorRows(plane, size);
    for (let i = 0; i < sum.length; i++) sum[i] += scale * plane[i];
  };
  const [maps, salient] = [results.get("maps"), results.get("saliency")];
  if (maps === undefined) throw new Error("internal: no maps.");
  for (const [n, { sample, attention, saliency: sum }] of sums.entries()) {
    for (const [t, tag] of sample.tags.entries()) {
      add(attention[t], maps, tag * batchSize + n, weight);
    }
    if (sum === undefined || salient === undefined) continue;
    const [height, width] = salient.shape.slice(-2);
    const own = salient.data.subarray(n * height * width, (n + 1) * height * width);
    const mean = own.reduce((total, value) => total + value, 0) / own.length;
    if (mean > 0) add(sum, salient, n, weight / mean);
  }
}
