import { expect, test } from "vitest";
import { findChromium } from "./chromium.ts";

test("CHROME_PATH comes before every other place, unless it is no program", () => {
  expect(findChromium({ CHROME_PATH: process.execPath })).toBe(process.execPath);
  expect(findChromium({ CHROME_PATH: "/no/such/chrome" })).not.toBe("/no/such/chrome");
});
