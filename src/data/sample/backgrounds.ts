/** Drawn backgrounds: five kinds of place, and abstract patterns that are none. */
import type { Random } from "../../random.ts";
import type { SceneName } from "./catalog.ts";
import type { Canvas } from "./drawGlyph.ts";
import { anyColor, type Color, color, mix, noiseField, vary } from "./texture.ts";

/** The colour at a point: `x`, `y` in [0, 1) from the upper left, `pixel` the index y * side + x. */
type Shader = (x: number, y: number, pixel: number) => Color;

/** Draws its random choices once, then colours every pixel. */
type Background = (side: number, random: Random) => Shader;

export type BackgroundName = SceneName | "gradient" | "stripes" | "checks" | "dots" | "clouds";

const backgrounds: Record<BackgroundName, Background> = {
  park,
  room,
  road,
  sea,
  sky,
  gradient,
  stripes,
  checks,
  dots,
  clouds,
};

export const backgroundNames = Object.keys(backgrounds) as readonly BackgroundName[];

/** Paints a whole canvas. */
export function paintBackground(canvas: Canvas, name: BackgroundName, random: Random): void {
  const { side, pixels } = canvas;
  const haze = vary([225, 225, 225], 30, random);
  const shader = backgrounds[name](side, random);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i++) {
      const [red, green, blue] = mix(shader(x / side, y / side, i), haze, 0.35);
      pixels[3 * i] = red;
      pixels[3 * i + 1] = green;
      pixels[3 * i + 2] = blue;
    }
  }
}

/** A meadow of upright blades below a hedge and a pale sky. */
function park(side: number, random: Random): Shader {
  const horizon = random.uniform(0.12, 0.4);
  const light = vary(color(random.pick(["#8cc152", "#a0bf5a", "#74b35f"])), 14, random);
  const dark = vary(color("#3f7d36"), 14, random);
  const air = vary(color("#cfe6f2"), 12, random);
  const blades = noiseField(side, side / 40, side / 10, 2, random);
  const hedge = noiseField(side, side / 8, side / 8, 3, random);
  return (x, y, i) => {
    const bush = horizon - 0.16 * hedge[Math.floor(x * side)];
    if (y < bush) return mix(air, light, 0.3 * y);
    if (y < horizon) return mix(dark, light, 0.5 * hedge[i]);
    return mix(light, dark, 1.6 * blades[i] - 0.35 - 0.3 * (y - horizon));
  };
}

/** Striped, dotted or plain wallpaper above a floor of planks. */
function room(side: number, random: Random): Shader {
  const edge = random.uniform(0.55, 0.82);
  const paper = vary(color(random.pick(["#e8d8c3", "#d9c7d9", "#e6cfc0", "#cfd3c0"])), 14, random);
  const pattern = mix(paper, vary(color("#b5838d"), 30, random), random.uniform(0.3, 0.7));
  const wood = vary(color(random.pick(["#a9744f", "#8d5b3c", "#bf8f5f"])), 12, random);
  const grain = noiseField(side, side / 3, side / 40, 2, random);
  const count = random.uniform(5, 11);
  const dotted = random.uniform() < 0.4;
  const planks = random.uniform(4, 8);
  return (x, y, i) => {
    if (y < edge - 0.03) {
      const across = fraction(x * count) - 0.5;
      const down = fraction(y * count) - 0.5;
      const isPattern = dotted ? Math.hypot(across, down) < 0.22 : across > 0.05;
      return mix(isPattern ? pattern : paper, wood, 0.12 * y);
    }
    if (y < edge) return mix(paper, [255, 255, 255], 0.7);
    const depth = (y - edge) / (1 - edge);
    const seam = fraction((x - 0.5) * (planks / (0.6 + depth)) + 0.5) < 0.07;
    return mix(wood, [40, 24, 16], seam ? 0.5 : 0.45 * grain[i] - 0.1);
  };
}

/** Asphalt with a dashed line, a pavement, and houses with windows behind. */
function road(side: number, random: Random): Shader {
  const kerb = random.uniform(0.35, 0.58);
  const line = kerb + (1 - kerb) * random.uniform(0.35, 0.75);
  const asphalt = vary(color(random.pick(["#5b5e66", "#6d6a68", "#4a4d55"])), 8, random);
  const air = vary(color(random.pick(["#c3d4e2", "#e3d3c3", "#b9c3cc"])), 12, random);
  const marking = color(random.pick(["#f4f1e6", "#f2c84b"]));
  const grit = noiseField(side, side / 60, side / 60, 2, random);
  const houses = Array.from({ length: 7 }, () => ({
    roof: random.uniform(0.02, 0.8) * kerb,
    wall: mix(anyColor(random), color("#8a8580"), 0.6),
  }));
  const [shift, dashes] = [random.uniform(), random.uniform(3, 6)];
  return (x, y, i) => {
    if (y >= kerb) {
      const dash = Math.abs(y - line) < 0.022 && fraction(x * dashes + shift) < 0.6;
      return dash ? marking : mix(asphalt, [20, 20, 22], 0.5 * grit[i] - 0.1);
    }
    if (y > kerb - 0.06) return mix(color("#b9b4ab"), asphalt, 0.4 * grit[i]);
    const place = (x + shift) * 5;
    const { roof, wall } = houses[Math.floor(place) % houses.length];
    if (y < roof) return mix(air, [255, 255, 255], y);
    const isWindow = fraction(fraction(place) * 3) > 0.45 && fraction((y - roof) * 14) > 0.5;
    return isWindow ? mix(wall, [255, 244, 190], 0.65) : wall;
  };
}

/** Rows of waves that widen towards the viewer, below a sky or seen from above. */
function sea(side: number, random: Random): Shader {
  const horizon = random.pick([0, random.uniform(0.15, 0.42), random.uniform(0.15, 0.42)]);
  const deep = vary(color(random.pick(["#1f6f9f", "#2a8fa8", "#2f5f96"])), 14, random);
  const bright = vary(color("#7cc7dc"), 16, random);
  const air = vary(color(random.pick(["#d4e8f3", "#f3dcc8", "#c8d8e6"])), 12, random);
  const swell = noiseField(side, side / 5, side / 12, 2, random);
  const [waves, bend] = [random.uniform(5, 9), random.uniform(0.4, 1.1)];
  return (x, y, i) => {
    if (y < horizon) return mix(air, [255, 255, 255], 0.8 * (y / horizon) ** 2);
    const depth = (y - horizon) / (1 - horizon);
    const phase = waves * (3.2 * depth ** 0.6 + 0.5) + bend * Math.sin(9 * x + 5 * depth);
    const crest = Math.sin(2 * phase + 5 * swell[i]);
    if (crest > 0.93) return mix(bright, [255, 255, 255], 0.6);
    return mix(deep, bright, 0.35 + 0.3 * crest + 0.25 * (swell[i] - 0.5));
  };
}

/** Clouds in the blue, or in an evening's colours. */
function sky(side: number, random: Random): Shader {
  const [zenith, horizon] = random
    .pick([
      ["#4a90d9", "#cbe6f7"],
      ["#5aa9e6", "#e4f2fa"],
      ["#6a8fd0", "#f6cfae"],
    ])
    .map((hex) => vary(color(hex), 12, random));
  const cloud = noiseField(side, side / 3, side / 5, 4, random);
  const cover = random.uniform(0.45, 0.62);
  return (_, y, i) =>
    mix(mix(zenith, horizon, y), [255, 255, 255], Math.min(0.9, 5 * (cloud[i] - cover)));
}

function gradient(_: number, random: Random): Shader {
  const [from, to] = [anyColor(random), anyColor(random)];
  const angle = random.uniform(0, 2 * Math.PI);
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  return (x, y) => mix(from, to, 0.5 + 0.8 * ((x - 0.5) * dx + (y - 0.5) * dy));
}

function stripes(side: number, random: Random): Shader {
  const [from, to] = [anyColor(random), anyColor(random)];
  const angle = random.uniform(0, Math.PI);
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  const [count, bend] = [random.uniform(4, 12), random.uniform(0, 0.8)];
  const uneven = noiseField(side, side / 3, side / 3, 1, random);
  return (x, y, i) =>
    mix(from, to, 0.5 + 2 * Math.sin(Math.PI * count * (x * dx + y * dy) + bend * 4 * uneven[i]));
}

function checks(_: number, random: Random): Shader {
  const from = anyColor(random);
  const to = mix(from, anyColor(random), 0.6);
  const count = 3 + random.int(6);
  return (x, y) => ((Math.floor(x * count) + Math.floor(y * count)) % 2 === 0 ? from : to);
}

function dots(_: number, random: Random): Shader {
  const [ground, dot] = [anyColor(random), anyColor(random)];
  const [count, radius] = [random.uniform(4, 9), random.uniform(0.18, 0.38)];
  return (x, y) => {
    const across = fraction(x * count + 0.5 * (Math.floor(y * count) % 2)) - 0.5;
    const away = Math.hypot(across, fraction(y * count) - 0.5);
    return mix(dot, ground, 0.5 + 6 * (away - radius));
  };
}

function clouds(side: number, random: Random): Shader {
  const [from, to] = [anyColor(random), anyColor(random)];
  const noise = noiseField(side, side / 4, side / 4, 4, random);
  return (_, __, i) => mix(from, to, 0.5 + 2.2 * (noise[i] - 0.5));
}

/** The part of a non-negative or negative number above its floor. */
function fraction(value: number): number {
  return value - Math.floor(value);
}
