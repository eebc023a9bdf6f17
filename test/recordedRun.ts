/** RUN folders as training leaves them, but for the network: what reports are made from. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, decodeMask, resampleMask } from "../src/data/index.ts";
import { AttentionScore } from "../src/evaluate/attentionScore.ts";
import { meanAveragePrecision } from "../src/evaluate/averagePrecision.ts";
import { type EvaluationRecord, writeRecord } from "../src/evaluate/record/evaluationRecord.ts";
import { PictureRecorder } from "../src/evaluate/record/pictureRecorder.ts";
import { recordOf } from "../src/evaluate/record/recordRun.ts";
import { Random } from "../src/random.ts";
import { RunFolder, type TrainOptionsInput, trainOptionsSchema } from "../src/train/index.ts";

/** Side of the pretended network's input and of its maps. */
const [size, side] = [32, 4];

/** Scores that lean to the tags and maps of noise, on the pictures of the split "train". */
export async function recordedRun(
  path: string,
  dataset: Dataset,
  { seed, ...given }: TrainOptionsInput & { readonly seed: number },
): Promise<EvaluationRecord> {
  const { classes, splits, root } = dataset;
  const random = new Random(seed);
  const recorder = new PictureRecorder(classes);
  const score = new AttentionScore(classes);
  const scores: number[] = [];
  const targets: number[] = [];
  for (const sample of splits.train) {
    const logits = Float32Array.from(classes, (_, c) =>
      random.normal(sample.tags.includes(c) ? 1 : -1, 1),
    );
    const maps = Float32Array.from({ length: classes.length * side * side }, (_, i) =>
      sample.tags.includes(Math.floor(i / (side * side))) ? random.uniform() : 0,
    );
    const truth = await decodeMask(sample.mask ?? "", dataset.maskLabels);
    const mask = resampleMask(truth, size, size).labels;
    const image = new Float32Array(0);
    recorder.addAttention({ sample, image, logits, maps, height: side, width: side, mask });
    score.add(maps, side, side, mask, size);
    scores.push(...logits);
    targets.push(...classes.map((_, c) => (sample.tags.includes(c) ? 1 : 0)));
  }
  const figures = {
    split: "train",
    images: splits.train.length,
    classes,
    classification: meanAveragePrecision(scores, targets, classes),
    attention: score.result(),
  };
  const record = recordOf(recorder, figures, 6, dataset);
  const options = trainOptionsSchema.parse({ ...given, seed, model: "smallnet" });
  const config = {
    ...{ version: "0.0.0", data: root, dataDigest: "0".repeat(64), classes, inputSize: size },
    preprocessing: { channels: "rgb", mean: [127.5, 127.5, 127.5], deviation: [64, 64, 64] },
    ...{ stepsPerEpoch: 3, totalSteps: 6, warmupSteps: 0, options },
    ...{ created: "2026-01-02T03:04:05.678Z", runtime: { node: "20.0.0" } },
  };
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "config.json"), JSON.stringify(config));
  const lines = [2, 4, 6].map((step) => ({ step, loss: 1 / step + random.uniform() }));
  const metrics = [...lines, { step: 6, ...figures }];
  await writeFile(
    join(path, "metrics.jsonl"),
    metrics.map((metric) => `${JSON.stringify(metric)}\n`).join(""),
  );
  await writeRecord(new RunFolder(path), record);
  return record;
}
