/** All measures of where maps lie, gathered map by map. */
import { resizeBilinear } from "../../resizeBilinear.ts";
import type { Measured } from "../perClass.ts";
import { EnergyGame } from "./energyGame.ts";
import { type MaxBoxAccuracy, MaxBoxAccuracyScore } from "./maxBoxAccuracy.ts";
import type { Objects } from "./objects.ts";
import { PixelAveragePrecision } from "./pixelAveragePrecision.ts";
import { PointingGame } from "./pointingGame.ts";

export interface LocalizationFigures {
  /** Maps that were measured: one for each picture and class whose objects are known. */
  readonly maps: number;
  readonly pointingGame: Measured;
  readonly energy: Measured;
  readonly maxBoxAccV2: MaxBoxAccuracy;
  readonly PxAP: Measured;
}

export class LocalizationScore {
  readonly #pointing: PointingGame;
  readonly #energy: EnergyGame;
  readonly #boxes: MaxBoxAccuracyScore;
  readonly #pixels: PixelAveragePrecision;
  #maps = 0;

  /** @param classes  Names. */
  constructor(classes: readonly string[], options: { readonly tolerance?: number } = {}) {
    this.#pointing = new PointingGame(classes, options);
    this.#energy = new EnergyGame(classes);
    this.#boxes = new MaxBoxAccuracyScore(classes);
    this.#pixels = new PixelAveragePrecision(classes);
  }

  /**
   * @param map     Finite and at least 0, [height, width]; enlarged bilinearly to the objects' size.
   * @param height  Of the map.
   * @param width   Of the map.
   */
  add(
    classIndex: number,
    map: Float32Array,
    height: number,
    width: number,
    objects: Objects,
  ): void {
    const size = Math.sqrt(objects.region.length);
    const enlarged = resizeBilinear(map, height, width, size, size);
    for (const score of [this.#pointing, this.#energy, this.#boxes, this.#pixels]) {
      score.add(classIndex, enlarged, objects);
    }
    this.#maps++;
  }

  result(): LocalizationFigures {
    return {
      maps: this.#maps,
      pointingGame: this.#pointing.result(),
      energy: this.#energy.result(),
      maxBoxAccV2: this.#boxes.result(),
      PxAP: this.#pixels.result(),
    };
  }
}
