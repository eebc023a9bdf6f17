/** The options of `gain train`: from flags, `--set` and a file to what a run takes. */
import { readFile } from "node:fs/promises";
import { parseOptions, type TrainOptionsInput, trainOptionsSchema } from "../train/index.ts";
import { UsageError } from "./errors.ts";

/** What commander makes of the command line. */
export interface TrainFlags {
  readonly out: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly resume?: boolean;
  readonly json?: boolean;
  /** `--no-evaluate`. */
  readonly evaluate?: boolean;
  readonly classes?: string;
  readonly masks?: string;
  readonly [flag: string]: unknown;
}

/** Flags that name an option of the same name, and whether its value is a number. */
const flags: Readonly<Record<string, "text" | "number">> = {
  guidance: "text",
  model: "text",
  weights: "text",
  device: "text",
  epochs: "number",
  steps: "number",
  batchSize: "number",
  inputSize: "number",
  seed: "number",
  threads: "number",
};

/**
 * The options that were given; flags go before `--set`, which goes before the file.
 *
 * @throws {UsageError} When the file or a pair cannot be read. What the values may be is checked
 *   where the run starts.
 */
export async function givenOptions(given: TrainFlags): Promise<TrainOptionsInput> {
  const options: Record<string, unknown> = {
    ...(given.config === undefined ? {} : await readConfigFile(given.config)),
    ...assignments(given.set ?? []),
  };
  for (const [name, kind] of Object.entries(flags)) {
    const value = given[name];
    if (typeof value !== "string") continue;
    options[name] = kind === "number" ? numberOf(name, value) : value;
  }
  if (given.classes !== undefined) {
    options.classes = given.classes.split(",").map((name) => name.trim());
  }
  if (given.masks !== undefined) {
    options.masks = given.masks === "all" ? "all" : numberOf("masks", given.masks);
  }
  if (given.evaluate === false) options.evaluate = "never";
  return options as TrainOptionsInput;
}

/** `--flag-name` of an option. */
export const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new UsageError(`${flagOf(name)}: must be a number; got "${text}".`);
  }
  return value;
}

async function readConfigFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new UsageError(`${path}: cannot be read (${String(error)}). Check --config.`);
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path}: must be JSON; ${String(error)}.`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new UsageError(`${path}: must be a JSON object of options; got ${text.slice(0, 40)}.`);
  }
  parseOptions(parsed, path);
  return parsed as Readonly<Record<string, unknown>>;
}

/** `key=value` pairs; a value is JSON where it can be, else text; dots lead into objects. */
function assignments(pairs: readonly string[]): Record<string, unknown> {
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

function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Every option with its default, for the help. */
export function optionDefaults(): readonly OptionHelp[] {
  const defaults: Readonly<Record<string, unknown>> = trainOptionsSchema.parse({});
  return Object.entries(trainOptionsSchema.shape).map(([name, { description = "" }]) => ({
    name,
    description,
    value: defaults[name] === undefined ? "" : JSON.stringify(defaults[name]),
  }));
}

/** An option of `--set` as help shows it; `value` is its default as JSON. */
export interface OptionHelp {
  readonly name: string;
  readonly description: string;
  readonly value: string;
}
