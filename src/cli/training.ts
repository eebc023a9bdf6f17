/** A training as one stage of a longer command: told under its own title, and not done twice. */
import { type TrainOptionsInput, trainRun } from "../train/index.ts";
import { ExitStatus, exitStatus } from "./errors.ts";
import { measure, TrainReporter } from "./trainReporter.ts";
import { type TuneFlags, tuningOf } from "./tuning.ts";

export interface TrainingStage extends TuneFlags {
  /** Before the bar. */
  readonly title: string;
  /** What it does, for those who wait. */
  readonly about: string;
  readonly data: string;
  readonly out: string;
  readonly options: TrainOptionsInput;
  readonly signal: AbortSignal;
}

/**
 * Trains, or goes on training, or finds it done.
 *
 * @throws {ExitStatus} When it was interrupted.
 */
export async function trainAsStage(stage: TrainingStage): Promise<void> {
  const { title, about, data, out, options, tune, signal } = stage;
  const reporter = new TrainReporter({ title });
  reporter.line(`\n${about}`);
  try {
    const { status } = await trainRun({
      data,
      out,
      options,
      resume: true,
      tuning: tuningOf(tune, reporter),
      signal,
      onEvent: (event) => reporter.tell(event),
      evaluate: (context) => measure(context, reporter),
    });
    if (status === "interrupted") throw new ExitStatus(exitStatus.interrupted);
    if (status === "complete") reporter.line("done already");
  } finally {
    reporter.stop();
  }
}
