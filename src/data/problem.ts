import { DataError } from "./types.ts";

/** What is wrong with one file or folder, and what to do about it; both parts without a full stop. */
export interface Problem {
  readonly file: string;
  readonly reason: string;
  readonly fix: string;
}

/** A problem that stops the work at hand: "<file>: <reason>. <fix>." */
export class ProblemError extends DataError {
  readonly problem: Problem;

  constructor(file: string, reason: string, fix: string) {
    super(`${file}: ${reason}. ${fix}.`);
    this.problem = { file, reason, fix };
  }
}

/** The problem behind an error; rethrows errors that do not come from the user's data. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  throw error;
}
