/** `--tensorboard`: a run's figures as TensorBoard shows them. */
import { Option } from "commander";
import type { Dataset } from "../data/index.ts";
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import type { EvaluationRecord } from "../evaluate/record/evaluationRecord.ts";
import { messageOf } from "../messageOf.ts";
import { choosePictures } from "../report/choosePictures.ts";
import { overlay } from "../report/overlay.ts";
import { EventFile, eventFiles } from "../report/tensorboard/eventFile.ts";
import type { SecEvent } from "../segment/index.ts";
import { type Metric, RunError, RunFolder, type TrainEvent } from "../train/index.ts";
import { recordedExamples } from "./recordedExamples.ts";

export const tensorboardOption = (): Option =>
  new Option("--tensorboard", "also write RUN/events.out.tfevents.*, which TensorBoard shows");

/** Pictures that are written at each evaluation. */
const shownPictures = 6;

/**
 * Writes events in order, one after the other. A resumed run opens a new file, in which what is done
 * again takes the place of what the last file has of it; where there is no file yet, it begins with the
 * run's history.
 */
export class TensorBoard {
  readonly #folder: RunFolder;
  #file: EventFile | undefined;
  #last: Promise<void> = Promise.resolve();

  /** @param path  RUN folder; nothing is written before the run's start is told. */
  constructor(path: string) {
    this.#folder = new RunFolder(path);
  }

  tell(event: TrainEvent | SecEvent): void {
    if (event.kind === "start") this.#enqueue(() => this.#open(event.step));
    if (event.kind === "log" || event.kind === "evaluation") {
      this.#enqueue(async () => this.#file?.addScalars(event.metric.step, scalarsOf(event.metric)));
    }
  }

  /** What an evaluation found on a few pictures, the same ones each time: attention, or masks. */
  async show(record: EvaluationRecord, dataset: Dataset): Promise<void> {
    const { step, figures: metrics } = record;
    const run = { name: "run", metrics, history: [], record };
    const chosen = choosePictures([run], { perList: shownPictures, lists: ["draw"] });
    for (const { id, picture, maps, panels = [] } of await recordedExamples(
      chosen,
      [run],
      dataset,
    )) {
      for (const map of maps) {
        const tag = `attention/${id}${map.tag === undefined ? "" : `/${map.tag}`}`;
        this.#enqueue(async () => this.#file?.addImage(step, tag, overlay(picture, map)));
      }
      for (const panel of panels) {
        this.#enqueue(async () => this.#file?.addImage(step, `mask/${id}`, panel.picture));
      }
    }
  }

  /** Waits until all is written. @throws {RunError} When an event could not be. */
  async close(): Promise<void> {
    try {
      await this.#last;
    } catch (error) {
      const path = this.#file?.path ?? this.#folder.path;
      throw new RunError(
        `${path}: cannot be written (${messageOf(error)}). Make room, or leave out --tensorboard.`,
      );
    } finally {
      await this.#file?.close();
    }
  }

  async #open(step: number): Promise<void> {
    const isFirst = (await eventFiles(this.#folder.path)).length === 0;
    this.#file = await EventFile.open(this.#folder.path, isFirst ? {} : { purgeFrom: step + 1 });
    if (!isFirst) return;
    for (const metric of await this.#folder.readMetrics()) {
      if (metric.step <= step) await this.#file.addScalars(metric.step, scalarsOf(metric));
    }
  }

  #enqueue(write: () => Promise<void>): void {
    this.#last = this.#last.then(write);
    // Told by `close`, which comes later.
    this.#last.catch(() => undefined);
  }
}

/** The numbers of a line of `metrics.jsonl`, in the groups in which they are shown. */
export function scalarsOf(metric: Metric): Record<string, number> {
  // An evaluation's line was written from an EvaluateJson.
  if ("split" in metric) return evaluationScalars(metric as unknown as EvaluateJson);
  const { step: _, epoch, learningRate, imagesPerSecond, loss, ...losses } = metric;
  return numbers({
    "loss/total": loss,
    ...prefixed("loss", losses),
    "training/epoch": epoch,
    "training/learningRate": learningRate,
    "training/imagesPerSecond": imagesPerSecond,
  });
}

function evaluationScalars({
  split,
  classification,
  attention,
  segmentation,
}: EvaluateJson): Record<string, number> {
  return numbers({
    [`${split}/mAP`]: classification?.mAP,
    [`${split}/attentionMiou`]: attention?.mIoU,
    [`${split}/attentionMiouAt0.2`]: attention?.mIoUAtFixed.mIoU,
    [`${split}/energy`]: attention?.energy,
    [`${split}/segmentationMiou`]: segmentation?.mIoU,
    ...prefixed(`${split}-AP`, classification?.AP ?? {}),
    ...prefixed(`${split}-attentionIou`, attention?.IoU ?? {}),
    ...prefixed(`${split}-segmentationIou`, segmentation?.IoU ?? {}),
  });
}

const prefixed = (
  group: string,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}/${name}`, value]));

function numbers(values: Readonly<Record<string, unknown>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([tag, value]) =>
      typeof value === "number" ? [[tag, value] as const] : [],
    ),
  );
}
