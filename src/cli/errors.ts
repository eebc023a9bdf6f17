/** How a command ends when it cannot do its work. */
import { CommanderError } from "commander";
import { OptionError } from "../train/parseOptions.ts";

/** A command that is used wrongly. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Ends a command with a status of its own, without a message. */
export class ExitStatus extends Error {
  override name = "ExitStatus";
  readonly status: number;

  constructor(status: number) {
    super(`exit status ${status}`);
    this.status = status;
  }
}

export const exitStatus = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const;

/** The exit status that an error stands for. */
export function statusOf(error: unknown): number {
  if (error instanceof ExitStatus) return error.status;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitStatus.wrongUsage;
  if (error instanceof UsageError || error instanceof OptionError) return exitStatus.wrongUsage;
  return exitStatus.failed;
}

/** The line that tells an error; undefined where it was told already. */
export function messageOf(error: unknown): string | undefined {
  if (error instanceof ExitStatus || error instanceof CommanderError) return undefined;
  const text = error instanceof Error ? error.message : String(error);
  return `gain: ${text.trim().replace(/\s*\n\s*/g, " ")}`;
}
