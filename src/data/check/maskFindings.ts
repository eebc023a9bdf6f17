/** What is wrong with one picture's mask, by itself and beside the picture and its tags. */

import { readFile } from "node:fs/promises";
import { decodePng, type Png } from "../decodePng.ts";
import { decodeMask, illegalLabel, maskFile, paletteIndex } from "../mask.ts";
import { problemOf } from "../problem.ts";
import { type Dataset, ignoreLabel, type LabelMap, type Sample } from "../types.ts";
import { type Finding, finding } from "./finding.ts";
import type { Inspection } from "./inspectPicture.ts";

export interface MaskReport {
  readonly findings: readonly Finding[];
  /** Whether there is no mask, or it lies as the upright picture does. */
  readonly isUpright: boolean;
}

/** @param picture  Undefined where the picture cannot be read. */
export async function checkMask(
  sample: Sample,
  { classes, maskLabels }: Dataset,
  picture: Inspection | undefined,
): Promise<MaskReport> {
  const { mask: source } = sample;
  if (source === undefined) return { findings: [], isUpright: true };
  const file = maskFile(source);
  let mask: LabelMap;
  try {
    mask = await decodeMask(source, maskLabels);
  } catch (error) {
    const problem = problemOf(error);
    const isSmoothed = typeof source === "string" && (await hasSmoothedEdges(source, maskLabels));
    const kind = isSmoothed ? "mask-anti-aliased" : "unreadable-mask";
    const fix = "Draw or scale the mask without smoothing (nearest neighbour), and save it as PNG";
    return {
      findings: [finding(kind, isSmoothed ? { ...problem, fix } : problem)],
      isUpright: false,
    };
  }
  const colours = typeof source === "string" && (await isColourPng(source)) ? [coloured(file)] : [];
  const misfit = picture && sizeFinding(file, mask, picture);
  if (misfit) return { findings: [...colours, misfit], isUpright: false };
  return {
    findings: [...colours, ...tagFindings(file, mask, sample, classes)],
    isUpright: true,
  };
}

function coloured(file: string): Finding {
  const problem = {
    file,
    reason: "the mask holds colours of VOC's palette, which are looked up pixel by pixel",
    fix: "Nothing for gain; store it as an indexed PNG for tools that want numbers",
  };
  return finding("mask-colours", problem, { isFixable: true });
}

function sizeFinding(file: string, mask: LabelMap, picture: Inspection): Finding | undefined {
  const { upright, stored } = picture;
  const hasSize = ({ width, height }: { width: number; height: number }): boolean =>
    mask.width === width && mask.height === height;
  if (hasSize(upright)) return undefined;
  if (hasSize(stored)) {
    return finding("mask-unrotated", {
      file,
      reason: `the mask is ${mask.width}x${mask.height} pixels as its picture is stored, but EXIF turns the picture (orientation ${picture.orientation}) to ${upright.width}x${upright.height}`,
      fix: "Turn the mask the same way, or remove the orientation from the picture if the picture is upright without it",
    });
  }
  return finding("mask-size", {
    file,
    reason: `the mask is ${mask.width}x${mask.height} pixels, its picture ${upright.width}x${upright.height}`,
    fix: "Make the mask as large as the picture",
  });
}

function tagFindings(
  file: string,
  mask: LabelMap,
  { tags }: Sample,
  classes: readonly string[],
): Finding[] {
  const pixels = new Uint32Array(256);
  for (const label of mask.labels) pixels[label]++;
  const quoted = (indices: readonly number[]): string =>
    indices.map((index) => `"${classes[index]}"`).join(", ");
  if (tags.length > 0 && pixels[0] === mask.labels.length) {
    return [
      finding("mask-all-background", {
        file,
        reason: `the mask is background everywhere, and the picture's tags are ${quoted(tags)}`,
        fix: "Draw the objects, or take the mask out of the data set: it teaches the attention to see nothing",
      }),
    ];
  }
  const findings: Finding[] = [];
  const lacking = tags.filter((index) => pixels[index + 1] === 0);
  // Where nothing is certain but background, an object may hide in what is void.
  if (lacking.length > 0 && pixels[ignoreLabel] < mask.labels.length) {
    findings.push(
      finding("mask-lacks-tag", {
        file,
        reason: `the picture's mask shows no ${quoted(lacking)}, which ${lacking.length > 1 ? "are tags" : "is a tag"} of the picture`,
        fix: "Draw the object, mark it as void, or take the tag away",
      }),
    );
  }
  const untagged = [...classes.keys()].filter(
    (index) => pixels[index + 1] > 0 && !tags.includes(index),
  );
  if (untagged.length > 0) {
    const shares = untagged.map((index) => {
      const share = (100 * pixels[index + 1]) / mask.labels.length;
      return `"${classes[index]}" (${share < 0.1 ? "less than 0.1" : share.toFixed(1)} % of the pixels)`;
    });
    findings.push(
      finding("mask-class-untagged", {
        file,
        reason: `the mask shows ${shares.join(", ")}, which ${untagged.length > 1 ? "are no tags" : "is no tag"} of the picture`,
        fix: "Tag the picture with it: without the tag the network learns that it is not there",
      }),
    );
  }
  return findings;
}

/** Byte 25 of a PNG is its colour type: 2 and 6 are colours. */
async function isColourPng(path: string): Promise<boolean> {
  return [2, 6].includes((await readFile(path))[25]);
}

/** Edges are as wide as smoothing makes them; more than this share of wrong pixels are no edges. */
const mostEdgePixels = 0.2;

/** Smoothing by 2 makes edges four pixels wide: their middle is two from what is certain. */
const edgeReach = 2;

/** Whether the pixels that stand for no class have several values and lie along edges. */
async function hasSmoothedEdges(path: string, maskLabels: Uint8Array): Promise<boolean> {
  let png: Png;
  try {
    png = decodePng(await readFile(path));
  } catch {
    return false;
  }
  const { width, height, samples, channels } = png;
  const isLegal = new Uint8Array(width * height);
  const wrong = new Set<number>();
  let [illegal, alongEdges] = [0, 0];
  for (let i = 0; i < isLegal.length; i++) {
    const value = channels < 3 ? samples[i * channels] : paletteIndex.get(colourAt(png, i));
    isLegal[i] = value !== undefined && value < 256 && maskLabels[value] !== illegalLabel ? 1 : 0;
    if (isLegal[i] === 0) wrong.add(value ?? colourAt(png, i));
  }
  for (let i = 0; i < isLegal.length; i++) {
    if (isLegal[i] === 1) continue;
    illegal++;
    if (hasLegalNeighbour(isLegal, width, height, i)) alongEdges++;
  }
  return (
    wrong.size >= 2 && illegal <= mostEdgePixels * isLegal.length && alongEdges >= 0.95 * illegal
  );
}

function colourAt({ samples, channels, bitDepth }: Png, pixel: number): number {
  const [r, g, b] = samples.subarray(pixel * channels, pixel * channels + 3);
  const shift = bitDepth - 8;
  return ((r >> shift) << 16) | ((g >> shift) << 8) | (b >> shift);
}

function hasLegalNeighbour(
  isLegal: Uint8Array,
  width: number,
  height: number,
  pixel: number,
): boolean {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  for (let v = Math.max(0, y - edgeReach); v <= Math.min(height - 1, y + edgeReach); v++) {
    for (let u = Math.max(0, x - edgeReach); u <= Math.min(width - 1, x + edgeReach); u++) {
      if (isLegal[v * width + u] === 1) return true;
    }
  }
  return false;
}
