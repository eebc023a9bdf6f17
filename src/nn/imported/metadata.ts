/** What files say of themselves, as this library writes it. */
import { tryParseJson } from "../../tryParseJson.ts";
import type { Preprocessing } from "../model.ts";

/** JSON of `channels`, `mean` and `deviation`; other tools' files say nothing, or say it in words. */
export function preprocessingOfMetadata({
  preprocessing,
}: Readonly<Record<string, string>>): Preprocessing | undefined {
  const value = tryParseJson(preprocessing ?? "");
  if (typeof value !== "object" || value === null) return undefined;
  const { channels, mean, deviation } = value as Readonly<Record<string, unknown>>;
  if (channels !== "rgb" && channels !== "bgr") return undefined;
  if (!isTriple(mean) || !isTriple(deviation)) return undefined;
  return { channels, mean, deviation };
}

/** JSON of the classes' names, in the order of the outputs. */
export function classesOfMetadata({
  classes,
}: Readonly<Record<string, string>>): readonly string[] | undefined {
  const value = tryParseJson(classes ?? "");
  const isList = Array.isArray(value) && value.every((name) => typeof name === "string");
  return isList ? (value as readonly string[]) : undefined;
}

const isTriple = (value: unknown): value is [number, number, number] =>
  Array.isArray(value) && value.length === 3 && value.every((x) => typeof x === "number");
