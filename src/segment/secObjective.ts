/**
 * The objective of SEC: seed, expand, constrain. Each step is cut in two: the network's scores, then
 * the dense CRF on them, which makes the target of the constrain-to-boundary loss, then the rest.
 */
import { type CrfPool, type DenseCrfOptions, scaledCrf } from "../crf/index.ts";
import type { Batch, Item } from "../data/index.ts";
import { cut, simplify } from "../graph/index.ts";
import type { SegmentationModel } from "../nn/index.ts";
import { recompute } from "../onnx/index.ts";
import type { Random } from "../random.ts";
import type { TensorData } from "../runtime/index.ts";
import { type SecOptions, type SecStep, secStep } from "../sec/index.ts";
import type { Objective, ObjectiveContext, StepPrograms } from "../train/index.ts";
import { dropoutMask } from "./dropout.ts";
import { gridImage } from "./gridImage.ts";
import { cueRows, flipGrid, resampleGrid } from "./gridLayout.ts";

export interface SecObjectiveOptions {
  readonly model: SegmentationModel;
  /** Labels by sample id, [cueSize, cueSize]: 0 background, i + 1 class i, 255 no cue. */
  readonly cues: ReadonlyMap<string, Uint8Array>;
  /** Side of the cues' grids. */
  readonly cueSize: number;
  readonly batchSize: number;
  /** Weights and decays of the losses. */
  readonly losses: SecOptions;
  readonly dropout: boolean;
  /** At the scale of whole pictures. */
  readonly crf: DenseCrfOptions;
  /** By which its distances are divided on the score map. */
  readonly crfScale: number;
  /** Started by the first step that needs it; closed with the objective. */
  readonly startPool: () => CrfPool;
  /** Whether activations are computed again instead of being kept; false by default. */
  readonly recompute?: boolean;
}

export function secObjective(options: SecObjectiveOptions): Objective {
  let pool: CrfPool | undefined;
  return {
    model: options.model,
    supervised: [],
    supervisedPerStep: 0,
    phaseOf: () => "SEC",
    load: (_, context) =>
      loadSec(options, context, () => {
        pool ??= options.startPool();
        return pool;
      }),
    close: async () => pool?.close(),
  };
}

async function loadSec(
  options: SecObjectiveOptions,
  { executor, updatesOf }: ObjectiveContext,
  pool: () => CrfPool,
): Promise<StepPrograms> {
  const { model, batchSize, losses, dropout } = options;
  const step = secStep(model, { images: batchSize, dropout }, losses);
  const lossNodes = Object.entries(step.losses);
  const updates = Object.entries(updatesOf(step.gradients));
  const fedFirst = new Set(["images", ...step.dropouts.map(({ name }) => name)]);
  const nodes = [step.scores, ...[...lossNodes, ...updates].map(([, node]) => node)];
  // Before the cut: what is computed again in the second half is not handed over.
  const [scoreNode, ...late] = options.recompute ? recompute(simplify(nodes)) : nodes;
  const halves = cut([scoreNode], late, "kept", (name) => fedFirst.has(name));
  const nodeOf = (i: number) => halves.second[i];
  const lowering = { recompute: options.recompute ?? false };
  const forward = await executor.compile(
    { outputs: { scores: halves.first[0] }, updates: Object.fromEntries(halves.kept) },
    lowering,
  );
  const backward = await executor.compile(
    {
      outputs: Object.fromEntries(lossNodes.map(([name], i) => [name, nodeOf(i)])),
      updates: Object.fromEntries(updates.map(([name], i) => [name, nodeOf(lossNodes.length + i)])),
    },
    lowering,
  );
  return {
    run: async ({ plan: { items }, batch, rates, random }) => {
      const shown = Array.from(batch.sources, (source) => items[source]);
      const grids = losses.constrainWeight === 0 ? [] : gridImages(options, batch);
      const results = await forward.run({ images: batch.images, ...dropoutFeeds(step, random) }, [
        batch.images,
      ]);
      const scores = results.get("scores");
      if (scores === undefined) throw new RangeError("internal: no scores.");
      const target = await targetFeeds(options, scores, grids, pool);
      return backward.run({ ...cueFeeds(options, shown), ...target, ...rates });
    },
    unload: async () => {
      await forward.unload();
      await backward.unload();
    },
  };
}

function dropoutFeeds({ dropouts }: SecStep, random: Random): Record<string, Float32Array> {
  const feeds = dropouts.map(({ name, shape, keep }) => {
    const size = shape.reduce((total, dim) => total * dim, 1);
    return [name, dropoutMask(size, keep, random)] as const;
  });
  return Object.fromEntries(feeds);
}

/** Cues as rows of one-hot planes, and tags, of the pictures that are shown. */
function cueFeeds(
  { model, cues, cueSize }: SecObjectiveOptions,
  shown: readonly Item[],
): Record<string, Float32Array> {
  const { classes, outputSize } = model;
  const cells = outputSize * outputSize;
  const planes = new Float32Array(shown.length * (classes + 1) * cells);
  const tags = new Float32Array(shown.length * classes);
  for (const [n, { sample, augmentation }] of shown.entries()) {
    const grid = cues.get(sample.id);
    if (grid === undefined) throw new RangeError(`internal: no cues of ${sample.id}.`);
    const resized = resampleGrid(grid, cueSize, outputSize);
    const oriented = augmentation.flip ? flipGrid(resized, outputSize) : resized;
    const start = n * (classes + 1) * cells;
    cueRows(planes.subarray(start, start + (classes + 1) * cells), oriented, classes);
    for (const tag of sample.tags) tags[n * classes + tag] = 1;
  }
  return { cues: planes, tags };
}

/** Pictures as the CRF sees them, one pixel for each place of the score map. */
function gridImages({ model }: SecObjectiveOptions, { images }: Batch): Uint8Array[] {
  const { inputSize, outputSize, preprocessing } = model;
  const pixels = 3 * inputSize * inputSize;
  return Array.from({ length: images.length / pixels }, (_, n) =>
    gridImage(images.subarray(n * pixels, (n + 1) * pixels), inputSize, outputSize, preprocessing),
  );
}

/** The CRF's marginals of each picture, with the negative scores as energies. */
async function targetFeeds(
  { model, losses, crf, crfScale }: SecObjectiveOptions,
  { data }: TensorData,
  images: readonly Uint8Array[],
  pool: () => CrfPool,
): Promise<Record<string, Float32Array>> {
  if (losses.constrainWeight === 0) return {};
  const side = model.outputSize;
  const classes = model.classes + 1;
  const size = classes * side * side;
  const target = new Float32Array(images.length * size);
  const gridCrf = scaledCrf(crf, crfScale);
  const results = await Promise.all(
    images.map((image, n) => {
      const unary = data.subarray(n * size, (n + 1) * size).map((score) => -score);
      return pool().infer({ unary, image, classes, width: side, height: side }, gridCrf);
    }),
  );
  for (const [n, marginals] of results.entries()) target.set(marginals, n * size);
  return { target };
}
