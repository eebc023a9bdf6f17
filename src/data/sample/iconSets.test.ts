import { expect, test } from "vitest";
import { type IconName, sampleClasses } from "./catalog.ts";
import { readIcons } from "./iconSets.ts";

test("boats come without the water that their sets draw below them", async () => {
  const boats = sampleClasses.find(({ name }) => name === "boat")?.icons ?? [];
  expect(boats.length).toBeGreaterThan(10);
  for (const { body } of (await readIcons(boats)).values()) {
    expect(body).not.toMatch(/d="M0 \d+h36v/);
    expect(body).not.toMatch(/#00a6ed" d="M30/);
  }
});

test("names an icon that an installed set lacks", async () => {
  const names: IconName[] = ["fxemoji:no-such-icon"];
  await expect(readIcons(names)).rejects.toThrow(
    'internal: @iconify-json/fxemoji has no icon for "fxemoji:no-such-icon" of the catalog.',
  );
});
