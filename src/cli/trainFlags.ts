/** The options of runs: from flags, `--set` and a file to what `gain train` and `gain sec` take. */

import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { parseOptionsOf, type TrainOptionsInput, trainOptionsSchema } from "../train/index.ts";
import { tryParseJson } from "../tryParseJson.ts";
import { UsageError } from "./errors.ts";
import { parts } from "./flags.ts";

/** What commander makes of the command line. */
export interface TrainFlags {
  readonly out: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly resume?: boolean;
  readonly json?: boolean;
  /** `--no-evaluate`. */
  readonly evaluate?: boolean;
  readonly recompute?: boolean;
  readonly tensorboard?: boolean;
  readonly classes?: string;
  readonly masks?: string;
  /** True without a file of outputs by class. */
  readonly keepHead?: string | true;
  readonly [flag: string]: unknown;
}

/** Flags that name an option of the same name, and whether its value is a number. */
const flags: Readonly<Record<string, "text" | "number">> = {
  guidance: "text",
  model: "text",
  weights: "text",
  layer: "text",
  device: "text",
  epochs: "number",
  steps: "number",
  batchSize: "number",
  inputSize: "number",
  seed: "number",
  threads: "number",
};

/** A command whose options can be set by name, and lie in a file. */
export interface OptionsOf {
  /** As its help is called. */
  readonly command: string;
  readonly schema: z.ZodObject;
}

/** The options of `gain train` that were given. */
export async function givenOptions(given: TrainFlags): Promise<TrainOptionsInput> {
  const command = { command: "gain train", schema: trainOptionsSchema };
  return (await givenOptionsOf(command, given)) as TrainOptionsInput;
}

/**
 * The options that were given; flags go before `--set`, which goes before the file.
 *
 * @throws {UsageError} When the file or a pair cannot be read. What the values may be is checked
 *   where the run starts.
 */
export async function givenOptionsOf(
  command: OptionsOf,
  given: TrainFlags,
): Promise<Record<string, unknown>> {
  const options: Record<string, unknown> = {
    ...(given.config === undefined ? {} : await readConfigFile(given.config, command)),
    ...assignments(given.set ?? []),
  };
  for (const [name, kind] of Object.entries(flags)) {
    const value = given[name];
    if (typeof value !== "string") continue;
    options[name] = kind === "number" ? numberOf(name, value) : value;
  }
  if (given.classes !== undefined) options.classes = parts(given.classes);
  if (given.masks !== undefined) {
    options.masks = given.masks === "all" ? "all" : numberOf("masks", given.masks);
  }
  if (given.keepHead !== undefined) {
    options.keepHead = true;
    if (given.keepHead !== true)
      options.classMap = await readJsonFile(given.keepHead, "--keep-head");
  }
  if (given.evaluate === false) options.evaluate = "never";
  if (given.recompute === true) options.recompute = true;
  return options;
}

/** `--flag-name` of an option. */
export const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The value of an option that was typed. @throws {UsageError} When it is no number. */
export function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new UsageError(`${flagOf(name)}: must be a number; got "${text}".`);
  }
  return value;
}

async function readConfigFile(
  path: string,
  { command, schema }: OptionsOf,
): Promise<Readonly<Record<string, unknown>>> {
  const options = await readJsonFile(path, "--config");
  parseOptionsOf(schema, command, options, path);
  return options;
}

/** The object in a file that a flag names. @throws {UsageError} When there is none. */
async function readJsonFile(
  path: string,
  flag: string,
): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new UsageError(`${path}: cannot be read (${String(error)}). Check ${flag}.`);
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path}: must be JSON; ${String(error)}.`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new UsageError(`${path}: must be a JSON object; got ${text.slice(0, 40)}.`);
  }
  return parsed as Readonly<Record<string, unknown>>;
}

/** `key=value` pairs; a value is JSON where it can be, else text; dots lead into objects. */
export function assignments(pairs: readonly string[]): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals < 1) {
      throw new UsageError(`--set: must be key=value, such as sigma=0.4; got "${pair}".`);
    }
    const [key, text] = [pair.slice(0, equals), pair.slice(equals + 1)];
    const path = key.split(".");
    const parents = path.slice(0, -1);
    let target = options;
    for (const parent of parents) {
      const inner = { ...(target[parent] as Readonly<Record<string, unknown>> | undefined) };
      target[parent] = inner;
      target = inner;
    }
    target[path[path.length - 1]] = parsedValue(text);
  }
  return options;
}

/** `null` is a value; no JSON text stands for undefined. */
function parsedValue(text: string): unknown {
  const value = tryParseJson(text);
  return value === undefined ? text : value;
}

/** Every option of a command with its default, as its help lists them. */
export function optionsHelp(schema: z.ZodObject): string {
  const defaults: Readonly<Record<string, unknown>> = schema.parse({});
  const lines = Object.entries(schema.shape).map(([name, { description = "" }]) => {
    const value = defaults[name] === undefined ? "" : ` (${JSON.stringify(defaults[name])})`;
    return `  ${name.padEnd(27)}${description}${value}\n`;
  });
  return `\nOptions for --set and --config, with defaults:\n${lines.join("")}`;
}

/** What was typed, as a report shows it. */
export const commandLine = (): string => ["gain", ...process.argv.slice(2)].join(" ");
