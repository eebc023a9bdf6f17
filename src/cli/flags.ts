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

/** Gathers a flag that may be given several times. */
export const gather = (text: string, before: readonly string[] = []): string[] => [...before, text];
