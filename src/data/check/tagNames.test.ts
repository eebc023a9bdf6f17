import { expect, test } from "vitest";
import { tagNameFindings } from "./tagNames.ts";

const reasons = (...classes: string[]): string[] =>
  tagNameFindings("/data", classes).map(({ kind, reason }) => `${kind}: ${reason}`);

test("names that differ in case, spaces, hyphens or a plural are told together", () => {
  expect(reasons("Dog", "cat", "dog")).toEqual([
    'tag-spelling: the classes "Dog" and "dog" differ only in case',
  ]);
  expect(reasons("horse", "horses", "pony", "ponies")).toEqual([
    'tag-spelling: the classes "horse" and "horses" differ only in a plural',
    'tag-spelling: the classes "pony" and "ponies" differ only in a plural',
  ]);
  expect(reasons("tv monitor", "tv-monitor", "tvmonitor")).toEqual([
    'tag-spelling: the classes "tv monitor", "tv-monitor" and "tvmonitor" differ only in hyphens or spaces',
  ]);
  expect(reasons("dog", "dog ")).toEqual([
    'tag-spelling: the classes "dog" and "dog " differ only in spaces or characters that cannot be seen',
  ]);
});

test("one name with what cannot be seen is told with its cure", () => {
  expect(tagNameFindings("/data", ["cat", "dog\u200b"])).toEqual([
    {
      file: "/data",
      reason: 'the class "dog\\u200b" has spaces around it or characters that cannot be seen',
      fix: 'Rename it to "dog"',
      kind: "tag-spelling",
      severity: "warning",
    },
  ]);
});

test("the two forms of an accent are one name; an accent alone is a note", () => {
  expect(reasons("caf\u00e9", "cafe\u0301")[0]).toBe(
    'tag-spelling: the classes "caf\u00e9" and "cafe\\u0301" differ only in spaces or characters that cannot be seen',
  );
  expect(reasons("B\u00e4r", "cat")).toEqual([
    'tag-not-ascii: the class "B\u00e4r" has characters beyond ASCII',
  ]);
});

test("VOC's classes and words that end in s are left alone", () => {
  expect(reasons("bus", "glass", "class", "sheep", "person", "sofa")).toEqual([]);
});
