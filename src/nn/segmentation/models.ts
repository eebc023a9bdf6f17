/** Segmentation models by the names that the command line uses. */
import {
  type LargeFovOptions,
  smallnetLargeFov,
  squeezenetLargeFov,
  vgg16LargeFov,
} from "./largeFov.ts";
import type { SegmentationModel } from "./model.ts";

const models: Readonly<Record<string, (options: LargeFovOptions) => SegmentationModel>> = {
  smallnet_largefov: smallnetLargeFov,
  squeezenet1_1_largefov: squeezenetLargeFov,
  vgg16_largefov: vgg16LargeFov,
};

export const segmentationModelNames: readonly string[] = Object.keys(models);

/**
 * The segmentation model of that name.
 *
 * @throws {RangeError} When there is none.
 */
export function createSegmentationModel(name: string, options: LargeFovOptions): SegmentationModel {
  const create = models[name];
  if (create === undefined) {
    throw new RangeError(
      `model: must be one of ${segmentationModelNames.join(", ")}; got "${name}".`,
    );
  }
  return create(options);
}

/**
 * The segmentation model that has a classification model's trunk, and so takes its weights.
 *
 * @throws {RangeError} When there is none.
 */
export function segmentationModelFor(classifier: string): string {
  const name = `${classifier.replace(/_fc$/, "")}_largefov`;
  if (models[name] === undefined) {
    throw new RangeError(
      `model: a segmentation model must have the trunk of ${segmentationModelNames.map((n) => n.replace("_largefov", "")).join(", ")}; got "${classifier}". Name one and its weights (gain run: --set-sec model=NAME --set-sec weights=FILE).`,
    );
  }
  return name;
}
