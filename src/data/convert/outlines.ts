/** Outlines of an object's pixels, where its file has none that a format takes. */

import type { BitmapPart } from "../regions/bitmapPart.ts";
import { joinRings } from "../regions/joinRings.ts";
import { type TracedPart, traceRegions } from "../regions/traceRegions.ts";

/** Its parts' outlines in pixels of the picture. */
export function outlinesOf({ left, top, width, height, bits }: BitmapPart): TracedPart[] {
  const move = (ring: readonly number[]): number[] =>
    ring.map((value, i) => value + (i % 2 === 0 ? left : top));
  return traceRegions(bits, width, height).map(({ outer, holes }) => ({
    outer: move(outer),
    holes: holes.map(move),
  }));
}

/** All of its pixels within one ring, holes and parts joined by two-way cuts. */
export function singleRingOf(part: BitmapPart): number[] {
  return joinRings(outlinesOf(part).flatMap(({ outer, holes }) => [outer, ...holes]));
}
