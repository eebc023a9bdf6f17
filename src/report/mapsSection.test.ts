import { expect, test } from "vitest";
import type { RecordedMaps } from "../evaluate/record/mapsRecord.ts";
import { mapsSection } from "./mapsSection.ts";
import type { ReportRun } from "./reportData.ts";

const counts = { maps: 4, blank: 0, notFinite: 0 };

function mapsOf(method: string, deletion: number, more: Partial<RecordedMaps> = {}): RecordedMaps {
  const curve = { mean: deletion, perClass: { cat: deletion }, curve: [deletion] };
  return {
    ...{
      data: "/photos/cats",
      split: "val",
      method,
      layer: "conv6",
      step: 6,
      seed: 3,
      pictures: 4,
    },
    blank: {
      ...{ ...counts, perClass: { cat: counts } },
      ...{ meanScoreOfBlank: null, firstBlank: null, firstNotFinite: null },
    },
    faithfulness: {
      ...{ maps: 4, leftOut: 0, insertion: curve, deletion: curve },
      road: { mean: -0.0001, perClass: {}, percentages: [50], morf: [], lerf: [] },
    },
    ...more,
  };
}

const run = (name: string, maps: readonly RecordedMaps[]): ReportRun => ({
  ...{ name, maps, history: [], metrics: { split: "val", images: 4, classes: ["cat"] } },
});

/** The texts of the cells of every row, of all tables. */
function rowsOf(markup: string): string[][] {
  return [...markup.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) =>
      cell.replaceAll(/<[^>]*>/g, "").trim(),
    ),
  );
}

const markupOf = (runs: readonly ReportRun[]): string => mapsSection(runs)?.markup ?? "";

test("there is no section where nothing was measured", () => {
  expect(mapsSection([run("none", []), { ...run("self", []) }])).toBeUndefined();
});

test("methods are rows, what was measured columns; the least deletion and blank zeros are told", () => {
  const markup = markupOf([run("none", [mapsOf("grad-cam", 0.3), mapsOf("layer-cam", 0.2)])]);
  expect(rowsOf(markup)).toEqual([
    ["", "what they say of the network", "unusable"],
    ["Method", "insertion ↑", "deletion ↓", "ROAD ↑", "blank ↓", "NaN ↓"],
    ["Grad-CAM at conv6", "30.0▲ best", "30.0", "0.0", "0 of 4", "0"],
    ["LayerCAM at conv6", "20.0", "20.0▲ best", "0.0", "0 of 4", "0"],
  ]);
  expect(markup).toContain("<caption>val</caption>");
  expect(markup).toContain("What they say of the network: 4 maps; pictures drawn by seed 3.");
  expect(markup).toContain("<dt>deletion</dt>");
  expect(markup).not.toContain("<dt>pointing</dt>");
});

test("each split and data set has a table, with the runs by name", () => {
  const [own, odd] = [mapsOf("grad-cam", 0.3), mapsOf("grad-cam", 0.3, { split: "odd" })];
  const other = mapsOf("grad-cam", 0.3, { data: "/photos/dogs" });
  const markup = markupOf([run("none", [own, odd]), run("self", [own, other])]);
  expect([...markup.matchAll(/<caption>(.*?)</g)].map(([, title]) => title)).toEqual([
    ...["val of cats", "odd of cats", "val of dogs"],
  ]);
  expect(rowsOf(markup).map(([name]) => name)).toEqual([
    ...["", "Run", "none", "self", "", "Run", "none", "", "Run", "self"],
  ]);
});

test("maps of other steps, or of fewer channels, are marked", () => {
  const record = { step: 9 } as NonNullable<ReportRun["record"]>;
  const maps = [mapsOf("grad-cam", 0.3, { step: 9 }), mapsOf("score-cam", 0.2, { channels: 8 })];
  const rows = rowsOf(markupOf([{ ...run("none", maps), record }]));
  expect(rows.slice(2).map(([name]) => name)).toEqual([
    "Grad-CAM at conv6",
    "Score-CAM at conv6, 8 channels, after step 6",
  ]);
});

test("blank maps and broken ones are counted and explained, with the run's name where there are several", () => {
  const blank = {
    ...{ ...counts, blank: 2, notFinite: 1, meanScoreOfBlank: -2.25 },
    perClass: { cat: { maps: 4, blank: 2, notFinite: 1 } },
    ...{ firstBlank: { id: "a<7", class: "cat" }, firstNotFinite: { id: "b", class: "cat" } },
  };
  const broken = mapsOf("grad-cam", 0.3, { blank });
  const one = markupOf([run("none", [broken])]);
  expect(rowsOf(one)[2].slice(-2)).toEqual(["2 of 4", "1"]);
  expect(one).toContain(
    "<li>Grad-CAM at conv6: 2 of 4 maps are blank (cat 2 of 4), first cat in a&lt;7. Their classes&#39; mean score is -2.3:",
  );
  expect(one).toContain("<li>Grad-CAM at conv6: 1 of 4 maps are NaN or infinite, first cat in b:");
  expect(markupOf([run("none", [broken]), run("self", [])])).toContain(
    "<li>none: Grad-CAM at conv6: 2 of 4 maps are blank",
  );
});
