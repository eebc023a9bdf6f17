/** Ctrl-C and its likes: the first asks the command to end well, the second ends it at once. */
import { ExitStatus, exitStatus } from "./errors.ts";

/** @param onFirst  Called at the first signal; without it that ends the process, too. */
export function interruptSignal(onFirst: () => void): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const handle = (): void => {
    if (controller.signal.aborted) process.exit(exitStatus.interrupted);
    controller.abort();
    onFirst();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) process.on(name, handle);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, handle);
    },
  };
}

/**
 * Does work in stages, of which the finished ones are used again.
 *
 * @throws {ExitStatus} When it was interrupted, whatever that made fail.
 */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, release } = interruptSignal(() =>
    process.stderr.write("stopping; run the same command again to go on\n"),
  );
  try {
    await work(signal);
  } catch (error) {
    throw signal.aborted ? new ExitStatus(exitStatus.interrupted) : error;
  } finally {
    release();
  }
}
