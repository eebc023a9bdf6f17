/** What `gain doctor` says about one part of the machine. */

/**
 * "absent": not there, and nothing needs it; "warning": it works, but worse than it could; "failed":
 * `gain` needs it.
 */
export type CheckStatus = "ok" | "absent" | "warning" | "failed";

export interface Check {
  /** Kebab-case and stable. */
  readonly id: string;
  readonly status: CheckStatus;
  /** Without a full stop. */
  readonly text: string;
  /** What to do about it, without a full stop. */
  readonly fix?: string;
  /** What was measured, for scripts. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Bytes as "1.5 GB" or "340 MB". */
export function bytes(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)} GB` : `${Math.round(count / 1e6)} MB`;
}
