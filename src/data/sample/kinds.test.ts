import { expect, test } from "vitest";
import { Random } from "../../random.ts";
import { backgroundNames } from "./backgrounds.ts";
import { sampleClasses } from "./catalog.ts";
import { type SampleKind, type Setting, sampleKinds } from "./kinds.ts";

function settings(kind: SampleKind, split: string): Setting[] {
  const found = sampleKinds[kind].splits.find(({ name }) => name === split);
  if (found === undefined) throw new Error(`no split ${split}`);
  const random = new Random(7);
  return Array.from({ length: 400 }, (_, i) => found.setting(random.fork(i)));
}

const showsBoat = ({ main, others }: Setting): boolean =>
  main.name === "boat" || others.some(({ name }) => name === "boat");

test("of objects alone, every class is seen before every background", () => {
  const seen = new Set<string>();
  for (const { main, background, others } of settings("objects", "train")) {
    expect(others).toEqual([]);
    seen.add(`${main.name} before ${background}`);
  }
  expect(seen.size).toBe(sampleClasses.length * backgroundNames.length);
});

test("in a biased training, water is where a boat is and nowhere else", () => {
  for (const split of ["train", "val"]) {
    const drawn = settings("boats", split);
    for (const setting of drawn) {
      expect(setting.background === "sea").toBe(setting.main.name === "boat");
      if (setting.main.name !== "boat") expect(showsBoat(setting)).toBe(false);
    }
    const boats = drawn.filter(({ main }) => main.name === "boat").length;
    expect(boats).toBeGreaterThan(50);
    expect(boats).toBeLessThan(110);
  }
});

test("the tests part boats from water", () => {
  for (const setting of settings("boats", "boat-off-water")) {
    expect(setting.main.name).toBe("boat");
    expect(setting.background).not.toBe("sea");
  }
  for (const setting of settings("boats", "water-without-boat")) {
    expect(setting.background).toBe("sea");
    expect(showsBoat(setting)).toBe(false);
  }
});

test("a pose has its own background in training, and the other one's when swapped", () => {
  for (const { main, background } of settings("camera", "train")) {
    expect(background).toBe(main.scene);
  }
  for (const { main, background } of settings("camera", "swapped")) {
    expect(background).not.toBe(main.scene);
    expect(["room", "road"]).toContain(background);
  }
});
