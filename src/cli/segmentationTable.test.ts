import { expect, test } from "vitest";
import { SegmentationScore } from "../evaluate/segmentationScore.ts";
import { segmentationTable } from "./segmentationTable.ts";

test("has a row for background, each class and the mean, with the shares of the pixels", () => {
  const score = new SegmentationScore(["aeroplane", "cat"]);
  const map = (...labels: number[]) => ({ width: 2, height: 2, labels: Uint8Array.from(labels) });
  score.add(map(0, 0, 0, 1), map(0, 0, 1, 1), "a");
  expect(segmentationTable(score.result())).toBe(
    [
      "                     IoU true pixels   predicted",
      "  background      66.7 %      50.0 %      75.0 %",
      "  aeroplane       50.0 %      50.0 %      25.0 %",
      "  cat                  -       0.0 %       0.0 %",
      "  mean            58.3 %",
      "",
    ].join("\n"),
  );
});
