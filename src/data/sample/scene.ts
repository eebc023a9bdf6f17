/** One picture of the sample: what it shows, its pixels, its mask, its boxes and its tags. */
import type { Random } from "../../random.ts";
import { boxOf, partOf } from "../regions/bitmapPart.ts";
import { type Box, ignoreLabel } from "../types.ts";
import { paintBackground } from "./backgrounds.ts";
import { distractors, type IconName, type SampleClass } from "./catalog.ts";
import { type Canvas, drawGlyphInto, hueTurn, type Pose } from "./drawGlyph.ts";
import type { GlyphCache } from "./glyphs.ts";
import type { SamplePlan, SampleSplit, Setting } from "./kinds.ts";

export interface Scene {
  /** [side, side, 3] RGB. */
  readonly pixels: Uint8ClampedArray;
  /** [side, side]: 0 background, i + 1 class i, 255 void. */
  readonly mask: Uint8Array;
  /** Of the visible pixels of each object that the mask shows, its outline included. */
  readonly boxes: readonly Box[];
  /** Indices of the classes in the mask, ascending. */
  readonly tags: readonly number[];
}

/** Longest side of one of several objects, as a share of the picture's side: room for the others. */
const largestOfSeveral = 0.48;

/** How often a class is seen next to something of its own. */
const ownCompanion = 0.4;

/** Boxes of two objects may overlap by this share of the smaller one. */
const allowedOverlap = 0.2;

/** Icons kept back from training: every fifth of each class, so that `val` shows unseen ones too. */
const keptBack = 5;

/** Opacity from which a pixel is the object's, and from which it is not quite the background's. */
const solid = 0.5;
const visible = 0.1;

interface Placed {
  readonly kind: SampleClass;
  readonly icon: IconName;
  readonly pose: Pose;
}

/**
 * Composes a picture.
 *
 * @param side  Of the square picture, in pixels.
 */
export function composeScene(
  side: number,
  { classes, sizes }: SamplePlan,
  { setting, hasUnseenIcons }: SampleSplit,
  glyphs: GlyphCache,
  random: Random,
): Scene {
  const canvas: Canvas = { side, pixels: new Uint8ClampedArray(3 * side * side) };
  const chosen = setting(random);
  paintBackground(canvas, chosen.background, random);

  const objects = placeObjects(side, sizes, chosen, hasUnseenIcons, random);
  for (const icon of pickSmallThings(classes, objects, random)) {
    const pose = anyPose(side, 0.1, 0.22, { tilt: 30 }, random);
    draw(canvas, glyphs, icon, pose, random.uniform(-0.3, 0.3), random);
  }
  const mask = new Uint8Array(side * side);
  const owners = new Uint8Array(side * side);
  for (const [order, { kind, icon, pose }] of objects.entries()) {
    const turn = (random.uniform(-1, 1) * kind.hue * Math.PI) / 180;
    const coverage = draw(canvas, glyphs, icon, pose, turn, random);
    for (let i = 0; i < coverage.length; i++) {
      if (coverage[i] > solid) {
        mask[i] = classes.indexOf(kind) + 1;
        owners[i] = order + 1;
      } else if (coverage[i] > visible) {
        mask[i] = ignoreLabel;
      }
    }
  }
  voidOutlines(mask, owners, side);
  const found = new Set(mask);
  const tags = classes.map((_, index) => index).filter((index) => found.has(index + 1));
  const kinds = objects.map(({ kind }) => classes.indexOf(kind));
  return { pixels: canvas.pixels, mask, boxes: boxesOf(kinds, mask, owners, side), tags };
}

/** @param kinds  Class index of each object; pixels of object n have n + 1 in `owners`. */
function boxesOf(
  kinds: readonly number[],
  mask: Uint8Array,
  owners: Uint8Array,
  side: number,
): Box[] {
  return kinds.flatMap((classIndex, n): Box[] => {
    const bits = owners.map((owner) => (owner === n + 1 ? 1 : 0));
    const part = partOf(bits, { width: side, height: side });
    const isShown = bits.some((bit, i) => bit === 1 && mask[i] === classIndex + 1);
    return part && isShown ? [{ classIndex, ...boxOf(part) }] : [];
  });
}

/** One to three objects, the main class first; a place where it would hide another is not taken. */
function placeObjects(
  side: number,
  [smallest, largestAlone]: SamplePlan["sizes"],
  { main, others, heights: [top, bottom] }: Setting,
  hasUnseenIcons: boolean,
  random: Random,
): Placed[] {
  const count = others.length === 0 ? 1 : random.pick([1, 1, 1, 2, 2, 3]);
  const objects: Placed[] = [];
  for (let tries = 0; objects.length < count && tries < 24; tries++) {
    const kind = objects.length === 0 || random.uniform() < 0.25 ? main : random.pick(others);
    const largest = count === 1 ? largestAlone : largestOfSeveral;
    const pose = anyPose(side, smallest, largest, kind, random);
    const placed = {
      kind,
      icon: random.pick(iconsFor(kind, hasUnseenIcons)),
      pose: { ...pose, y: side * random.uniform(top, bottom) },
    };
    if (objects.every((other) => overlap(other.pose, placed.pose) <= allowedOverlap)) {
      objects.push(placed);
    }
  }
  return objects;
}

/** Two to six small things: companions of what is shown, and others. */
function pickSmallThings(
  classes: readonly SampleClass[],
  objects: readonly Placed[],
  random: Random,
): IconName[] {
  const count = 2 + random.int(5);
  const companions = objects
    .filter(({ kind }) => kind.companions.length > 0 && random.uniform() < ownCompanion)
    .map(({ kind }) => random.pick(kind.companions));
  // Now and then a companion is alone, or a classifier could rely on it entirely.
  const lone = classes.some(({ companions }) => companions.length > 0) && random.uniform() < 0.12;
  if (lone) companions.push(random.pick(random.pick(classes).companions));
  const icons = new Set(classes.flatMap((kind) => kind.icons));
  const neutral = distractors.filter((icon) => !icons.has(icon));
  const others = Array.from({ length: count }, () => random.pick(neutral));
  return [...others, ...companions].slice(-count);
}

function iconsFor(kind: SampleClass, hasUnseenIcons: boolean): readonly IconName[] {
  return hasUnseenIcons ? kind.icons : kind.icons.filter((_, i) => i % keptBack !== keptBack - 1);
}

/** A pose that lies within the picture, its extent between two shares of the side. */
function anyPose(
  side: number,
  least: number,
  most: number,
  { angle = 0, tilt }: Pick<SampleClass, "angle" | "tilt">,
  random: Random,
): Pose {
  const [middle, range] = [angle, tilt].map((degrees) => (degrees * Math.PI) / 180);
  const share = random.uniform(least, most);
  const margin = 0.45 * share;
  return {
    x: side * random.uniform(margin, 1 - margin),
    y: side * random.uniform(margin, 1 - margin),
    extent: side * share,
    angle: middle + random.uniform(-range, range),
    mirrored: random.uniform() < 0.5,
    stretch: random.uniform(0.92, 1.08),
  };
}

/** Common part of two poses' squares, as a share of the smaller square. */
function overlap(a: Pose, b: Pose): number {
  const half = (a.extent + b.extent) / 2;
  const least = Math.min(a.extent, b.extent);
  const along = (distance: number) => Math.min(least, Math.max(0, half - Math.abs(distance)));
  return (along(a.x - b.x) * along(a.y - b.y)) / least ** 2;
}

function draw(
  canvas: Canvas,
  glyphs: GlyphCache,
  icon: IconName,
  pose: Pose,
  turn: number,
  random: Random,
): Float32Array {
  const glyph = glyphs.get(icon);
  if (glyph === undefined) throw new Error(`internal: the glyph "${icon}" was not drawn.`);
  const coverage = new Float32Array(canvas.side * canvas.side);
  drawGlyphInto(canvas, coverage, glyph, pose, hueTurn(turn, random.uniform(0.85, 1.1)));
  return coverage;
}

/** Marks the outermost pixels of each object as void, as VOC does. */
function voidOutlines(mask: Uint8Array, owners: Uint8Array, side: number): void {
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = y * side + x;
      const owner = owners[at];
      if (owner === 0) continue;
      const isEdge =
        (x > 0 && owners[at - 1] !== owner) ||
        (x + 1 < side && owners[at + 1] !== owner) ||
        (y > 0 && owners[at - side] !== owner) ||
        (y + 1 < side && owners[at + side] !== owner);
      if (isEdge) mask[at] = ignoreLabel;
    }
  }
}
