/** Values of flags, checked as commander reads them. */
import { InvalidArgumentError } from "commander";

/** @throws {InvalidArgumentError} When the text is no whole number. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value)) {
    throw new InvalidArgumentError("It must be a whole number.");
  }
  return value;
}

/** @throws {InvalidArgumentError} When the text is no number. */
export function decimalNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new InvalidArgumentError("It must be a number.");
  }
  return value;
}

/** "a, b,c" as its parts. */
export const parts = (text: string): string[] => text.split(",").map((part) => part.trim());

/** Gathers a flag that may be given several times. */
export const gather = (text: string, before: readonly string[] = []): string[] => [...before, text];
