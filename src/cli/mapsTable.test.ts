import { expect, test } from "vitest";
import type { MapsResult } from "../evaluate/evaluateJson.ts";
import { mapsTable } from "./mapsTable.ts";

const counts = { maps: 4, blank: 0, notFinite: 0 };
const noBlank = {
  ...counts,
  perClass: { cat: { ...counts, maps: 3 }, dog: { ...counts, maps: 1 } },
  meanScoreOfBlank: null,
  firstBlank: null,
  firstNotFinite: null,
};
const measured = (mean: number | null) => ({ mean, perClass: { cat: mean, dog: mean } });

function result(method: string, insertion: number, deletion: number): MapsResult {
  const curve = [insertion];
  return {
    method,
    ...{ layer: "conv6", step: 6, seed: 0, pictures: 4 },
    blank: noBlank,
    faithfulness: {
      maps: 4,
      leftOut: 1,
      insertion: { ...measured(insertion), curve },
      deletion: { ...measured(deletion), curve },
      road: { ...measured(null), percentages: [50], morf: [], lerf: [] },
    },
  };
}

test("methods are rows, what was measured columns; the best is marked, also where less is better", () => {
  const table = mapsTable([result("grad-cam", 0.5, 0.3), result("layer-cam", 0.4, 0.2)]);
  expect(table).toBe(
    [
      "  method            insertion ↑   deletion ↓      blank ↓ ",
      "  Grad-CAM at conv6      50.0 %*      30.0 %        0.0 % ",
      "  LayerCAM at conv6      40.0 %       20.0 %*       0.0 % ",
      "  what they say of the network: 4 maps, 1 left out",
      "",
    ].join("\n"),
  );
});

test("figures that print the same have no best", () => {
  const table = mapsTable([result("grad-cam", 0.5, 0.3), result("layer-cam", 0.50001, 0.3)]);
  expect(table).not.toContain("*");
});
