/** Values of parameters before training. */
import type { Random } from "../random.ts";
import { type Shape, sizeOf } from "../shape.ts";

export type Initializer = (shape: Shape, random: Random) => Float32Array;

export const zeros: Initializer = (shape) => new Float32Array(sizeOf(shape));

/** N(0, deviation²). */
export const normal =
  (deviation: number): Initializer =>
  (shape, random) =>
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, deviation));

/** N(0, 2 / fanIn), for layers before a ReLU (He et al. 2015, eq. 10). */
export const heNormal = (fanIn: number): Initializer => normal(Math.sqrt(2 / fanIn));

/** N(0, 2 / (fanIn + fanOut)), for linear layers (Glorot & Bengio 2010, eq. 12). */
export const glorotNormal = (fanIn: number, fanOut: number): Initializer =>
  normal(Math.sqrt(2 / (fanIn + fanOut)));
