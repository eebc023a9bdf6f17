/** Tells what happens in a run: JSON lines on stdout, or a bar or plain lines on stderr. */
import { basename } from "node:path";
import type { LoadFailure } from "../data/index.ts";
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import { writeRecord } from "../evaluate/record/evaluationRecord.ts";
import { recordSplit } from "../evaluate/record/recordRun.ts";
import type { SecEvent } from "../segment/index.ts";
import { isOnnxFile, type RunConfig, type RunContext, type TrainEvent } from "../train/index.ts";
import { duration, evaluationLine } from "./format.ts";
import { lossParts } from "./lossParts.ts";
import { type Progress, startProgress } from "./progress.ts";
import type { TensorBoard } from "./tensorboard.ts";

/**
 * Measures the split "val" of a run, if there is one, and keeps what was found on each picture.
 *
 * @param tensorboard  Shown a few of the pictures.
 */
export async function measure(
  { folder, attender, model, dataset, step, signal }: RunContext,
  reporter: TrainReporter,
  tensorboard?: TensorBoard,
): Promise<object> {
  const onFailure = ({ file, reason }: LoadFailure): void =>
    reporter.line(`skipped ${file}: ${reason}`);
  const record = await recordSplit({ attender, model, dataset, signal, onFailure }, step);
  await writeRecord(folder, record);
  await tensorboard?.show(record, dataset);
  return record.figures;
}

export class TrainReporter {
  readonly #isJson: boolean;
  readonly #progress: Progress;
  #choosing: Progress | undefined;
  #totalSteps = 0;
  #start = 0;
  #firstStep = 0;
  #note = "";

  constructor({ title = "train", isJson = false }: { title?: string; isJson?: boolean } = {}) {
    this.#isJson = isJson;
    this.#progress = startProgress(title);
  }

  tell(event: TrainEvent | SecEvent): void {
    switch (event.kind) {
      case "start": {
        const { config, dataset, step } = event;
        this.#totalSteps = config.totalSteps;
        this.#firstStep = step;
        this.#start = performance.now();
        const from = step > 0 ? `, from step ${step}` : "";
        const { model } = config.options;
        const isFile = isOnnxFile(model);
        const name = isFile ? basename(model) : model;
        const network =
          "guidance" in config.options ? `${name}, guidance ${config.options.guidance}` : name;
        this.line(
          `${network}: ${dataset.splits.train.length} pictures of ${config.classes.join(", ")}; ${config.totalSteps} steps${from}`,
        );
        // Most files do not say how they want their pixels, and the wrong way costs accuracy in silence.
        if (isFile) this.line(`pixels: ${pixelText(config.preprocessing)}; see preprocessing`);
        if ((dataset.splits.val ?? []).length === 0) {
          this.line('there is no split "val": the run is not measured');
        }
        return;
      }
      case "step":
        if (process.stderr.isTTY) {
          this.#progress.update(event.report.step, this.#totalSteps, this.#note);
        }
        return;
      case "log":
        this.#note = lossNote(event.metric);
        if (this.#isJson) this.#print(event.metric);
        else if (!process.stderr.isTTY) this.line(this.#logLine(event.metric.step));
        return;
      case "evaluation":
        if (this.#isJson) this.#print(event.metric);
        else this.line(evaluationLine(event.metric as unknown as EvaluateJson));
        return;
      case "failure":
        this.line(`skipped ${event.failure.file}: ${event.failure.reason}`);
        return;
      case "checkpoint":
        return;
    }
  }

  /** How many convolutions have got their algorithm: a bar of its own, while nothing is trained. */
  choosing(done: number, total: number): void {
    if (this.#choosing === undefined) this.#progress.stop();
    this.#choosing ??= startProgress("choosing algorithms");
    this.#choosing.update(done, total);
    if (done === total) this.#endChoosing();
  }

  line(text: string): void {
    this.#progress.line(text);
  }

  stop(): void {
    this.#endChoosing();
    this.#progress.stop();
  }

  #endChoosing(): void {
    this.#choosing?.stop();
    this.#choosing = undefined;
  }

  #logLine(step: number): string {
    const perStep = (performance.now() - this.#start) / 1000 / (step - this.#firstStep);
    const left = duration(perStep * (this.#totalSteps - step));
    return `step ${step} of ${this.#totalSteps}  ${this.#note}  ${left} left`;
  }

  #print(value: object): void {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  }
}

/** "loss 0.512 (classification 0.31, mining 0.2)  81 images/s" */
function lossNote(metric: Readonly<Record<string, unknown>>): string {
  const number = (name: string): string | undefined => {
    const value = metric[name];
    return typeof value === "number" ? `${name} ${value.toPrecision(3)}` : undefined;
  };
  const parts = lossParts.flatMap((name) => number(name) ?? []);
  const shown = parts.length > 1 ? ` (${parts.join(", ")})` : "";
  return `${number("loss")}${shown}  ${Number(metric.imagesPerSecond).toFixed(1)} images/s`;
}

/** How a network's pixels are made of those of a picture, in words. */
const pixelText = ({ channels, mean, deviation }: RunConfig["preprocessing"]): string =>
  `${channels.toUpperCase()}, minus ${mean.join(", ")}, divided by ${deviation.join(", ")}`;
