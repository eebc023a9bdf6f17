/** How a command that trains says what has become of its run. */
import type { RunResult } from "../train/index.ts";
import { ExitStatus, exitStatus } from "./errors.ts";
import type { TrainReporter } from "./trainReporter.ts";

/** @throws {ExitStatus} When the run was interrupted. */
export function tellEnd<C>(
  { status, step, failures }: RunResult<C>,
  reporter: TrainReporter,
  { data, out }: { readonly data: string; readonly out: string },
): void {
  reporter.stop();
  if (failures.length > 0) {
    reporter.line(`${failures.length} pictures could not be read; gain check ${data} lists them`);
  }
  if (status === "interrupted") {
    reporter.line(`interrupted at step ${step}, which is saved; add --resume to go on`);
    throw new ExitStatus(exitStatus.interrupted);
  }
  reporter.line(
    status === "complete"
      ? `${out}: all ${step} steps are done; nothing to do (more --epochs go on)`
      : `done: ${step} steps, in ${out}`,
  );
}
