/** Figures of the C++ dense CRF in `../shared`, which is not part of the project. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type DenseCrfOptions,
  type DenseCrfProblem,
  scaledCrf,
  secCrf,
} from "../../src/crf/index.ts";

interface Picture {
  /** Width. */
  readonly W: number;
  /** Height. */
  readonly H: number;
}

export interface LatticeCase extends Picture {
  readonly kind: "lattice";
  readonly sxy: number;
  /** 0: no colours. */
  readonly srgb: number;
  readonly dims: number;
  /** By pixel. */
  readonly filteredOnes: readonly number[];
  /** Label 1's energies, filtered. */
  readonly filteredUnaryL1: readonly number[];
}

export interface InferenceCase extends Picture {
  readonly kind: "inference";
  /** Labels. */
  readonly M: number;
  readonly scaleFactor: number;
  readonly iterations: number;
  readonly normalization: "SYMMETRIC" | "AFTER";
  readonly Q_pixelMajor: readonly number[];
}

const path = fileURLToPath(new URL("../../../shared/golden/densecrf.json", import.meta.url));
if (!existsSync(path)) console.warn(`skipped: ${path} does not exist`);
const cases: readonly (LatticeCase | InferenceCase)[] = existsSync(path)
  ? JSON.parse(readFileSync(path, "utf8")).cases
  : [];

export const hasGolden: boolean = cases.length > 0;
export const latticeCases: readonly LatticeCase[] = cases.filter((one) => one.kind === "lattice");
export const inferenceCases: readonly InferenceCase[] = cases.filter(
  (one) => one.kind === "inference",
);

/** The file's formula im[y, x, c] = (37x + 61y + 97c + 11xy) % 256. */
export function formulaImage(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const c = i % 3;
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / (3 * width));
    return (37 * x + 61 * y + 97 * c + 11 * x * y) % 256;
  });
}

/** The file's formula U[l, i] = ((7i + 13l + 5il) % 17) / 4. */
export const formulaEnergy = (label: number, i: number): number =>
  ((7 * i + 13 * label + 5 * i * label) % 17) / 4;

export function problemOf({ W, H, M }: InferenceCase): DenseCrfProblem {
  const unary = Float32Array.from({ length: M * H * W }, (_, i) =>
    formulaEnergy(Math.floor(i / (H * W)), i % (H * W)),
  );
  return { unary, image: formulaImage(W, H), classes: M, width: W, height: H };
}

export function optionsOf({
  iterations,
  scaleFactor,
  normalization,
}: InferenceCase): DenseCrfOptions {
  return {
    ...scaledCrf(secCrf, scaleFactor),
    iterations,
    normalization: normalization === "AFTER" ? "after" : "symmetric",
  };
}

/** The file's marginals as [classes, height, width]. */
export function marginalsOf({ W, H, M, Q_pixelMajor }: InferenceCase): number[] {
  return Q_pixelMajor.map((_, i) => Q_pixelMajor[(i % (W * H)) * M + Math.floor(i / (W * H))]);
}
