/** The maps of all classes of one picture: out of a batch's results, and scaled. */
import type { Results } from "../runtime/index.ts";

export interface ClassMaps {
  /** [C, height, width]. */
  readonly maps: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Each class's map divided by its maximum; a blank one stays blank. */
export function scaledMaps(maps: Float32Array, classes: number): Float32Array {
  const plane = maps.length / classes;
  const scaled = new Float32Array(maps.length);
  for (let c = 0; c < classes; c++) {
    scaled.set(scaledMap(maps.subarray(c * plane, (c + 1) * plane)), c * plane);
  }
  return scaled;
}

/** A map divided by its maximum; a blank one stays blank. */
export function scaledMap(map: Float32Array): Float32Array {
  let high = 0;
  for (const value of map) high = Math.max(high, value);
  return high === 0 ? map.slice() : map.map((value) => value / high);
}

/** Image n's logits of a result [N, C]. */
export function logitsAt(results: Results, n: number, classes: number): Float32Array {
  return resultOf(results, "logits").data.slice(n * classes, (n + 1) * classes);
}

/** Image n's maps of a result [C, N, h, w]. */
export function mapsAt(results: Results, name: string, n: number): ClassMaps {
  const { shape, data } = resultOf(results, name);
  const [classes, count, height, width] = shape;
  const plane = height * width;
  const maps = new Float32Array(classes * plane);
  for (let c = 0; c < classes; c++) {
    const start = (c * count + n) * plane;
    maps.set(data.subarray(start, start + plane), c * plane);
  }
  return { maps, height, width };
}

function resultOf(results: Results, name: string) {
  const result = results.get(name);
  if (result === undefined) throw new RangeError(`internal: no ${name}.`);
  return result;
}
