import { beforeAll, expect, test } from "vitest";
import { Random } from "../../random.ts";
import { distractors, sampleClasses } from "./catalog.ts";
import { drawGlyphs, type GlyphCache } from "./glyphs.ts";
import { readIcons } from "./iconSets.ts";
import { composeScene } from "./scene.ts";

let glyphs: GlyphCache;

beforeAll(async () => {
  const all = sampleClasses.flatMap((kind) => [...kind.icons, ...kind.companions]);
  glyphs = await drawGlyphs(await readIcons([...all, ...distractors]), 68);
});

function scenes(count: number, split: "train" | "val" = "train") {
  const random = new Random(3);
  return Array.from({ length: count }, (_, i) => composeScene(112, split, glyphs, random.fork(i)));
}

test("the mask holds the tagged classes, background, void and nothing else", () => {
  for (const { mask, tags } of scenes(200)) {
    expect(tags.length).toBeGreaterThanOrEqual(1);
    const expected = new Set([0, 255, ...tags.map((tag) => tag + 1)]);
    expect(new Set(mask)).toEqual(expected);
  }
});

test("no two classes, and no class and the background, touch without void between them", () => {
  const areSeparate = (a: number, b: number) => a === b || a === 255 || b === 255;
  for (const { mask } of scenes(50)) {
    let touching = 0;
    for (let i = 0; i < mask.length; i++) {
      if (i % 112 < 111 && !areSeparate(mask[i], mask[i + 1])) touching++;
      if (i + 112 < mask.length && !areSeparate(mask[i], mask[i + 112])) touching++;
    }
    expect(touching).toBe(0);
  }
});

test("every class is shown about equally often", () => {
  const counts = sampleClasses.map(() => 0);
  for (const { tags } of scenes(300)) for (const tag of tags) counts[tag]++;
  for (const count of counts) {
    expect(count).toBeGreaterThan(60);
    expect(count).toBeLessThan(140);
  }
});
