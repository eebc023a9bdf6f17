/** Checks options that come from outside, with messages that name the key. */
import type { z } from "zod";
import { defaultMiningWeight } from "../gain/index.ts";
import { type TrainOptions, trainOptionsSchema } from "./config.ts";

/** An option that does not exist or has a value that it cannot have. */
export class OptionError extends Error {
  override name = "OptionError";
}

/** The names of all options of training. */
export const optionNames: readonly string[] = Object.keys(trainOptionsSchema.shape);

/**
 * The options of training with their defaults.
 *
 * @param source  Where the options come from, for the error.
 * @throws {OptionError} When one is unknown or out of its range.
 */
export function parseOptions(raw: unknown, source: string = "options"): TrainOptions {
  const options = parseOptionsOf(trainOptionsSchema, "gain train", raw, source);
  // Filled in, so that a run keeps its weight when the defaults change.
  return {
    ...options,
    miningWeight: options.miningWeight ?? defaultMiningWeight[options.guidance],
  };
}

/** As `parseOptions`, for the options of another command, whose help lists them. */
export function parseOptionsOf<S extends z.ZodObject>(
  schema: S,
  command: string,
  raw: unknown,
  source: string = "options",
): z.infer<S> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new OptionError(`${source}: ${describe(issue, raw, schema, command)}`);
}

function describe(
  issue: z.core.$ZodIssue,
  raw: unknown,
  { shape }: z.ZodObject,
  command: string,
): string {
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const [key] = issue.keys;
    const known = path === "" ? Object.keys(shape) : [];
    const [closest] = closestNames(key, known);
    const cure = closest === undefined ? `See ${command} --help.` : `Did you mean "${closest}"?`;
    return `there is no option "${path === "" ? key : `${path}.${key}`}". ${cure}`;
  }
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key],
    raw,
  );
  const rule = lowerFirst(issue.message.replace(/^Invalid (input|option): /, ""));
  return `${path === "" ? "the options" : path}: ${rule}; got ${JSON.stringify(value)}. See ${command} --help.`;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** The names within three edits of `name`, nearest first. */
export function closestNames(name: string, names: readonly string[]): string[] {
  const limit = Math.min(3, Math.ceil(name.length / 2));
  return names
    .map((candidate) => ({
      candidate,
      distance: editDistance(name.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
}

/** Insertions, deletions and replacements that lead from one word to the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
