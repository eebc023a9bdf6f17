/** The figures of a segmentation network by class, for a terminal. */
import type { SegmentationResult } from "../evaluate/evaluateJson.ts";
import { percent } from "./format.ts";

/**
 * A row for the background and each class: its IoU, and its share of the pixels of the true masks
 * and of the predicted ones, which shows a class that is never, or too often, predicted.
 */
export function segmentationTable({ mIoU, IoU, labels, confusion }: SegmentationResult): string {
  const truth = confusion.map(sum);
  const predicted = confusion.map((_, c) => sum(confusion.map((row) => row[c])));
  const pixels = sum(truth);
  const width = Math.max("mean".length, ...labels.map((name) => name.length));
  const row = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join("")}\n`;
  const rows = labels.map((name, c) => {
    const iou = IoU[name];
    const share = [truth[c], predicted[c]].map((count) => percent(count / pixels));
    return row(name, [iou === null ? "-" : percent(iou), ...share]);
  });
  const heading = row("", ["IoU", "true pixels", "predicted"]);
  return `${heading}${rows.join("")}${row("mean", [percent(mIoU)])}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
