/** Data sets: reading, checking, loading, and the sample. */
export {
  type Augmentation,
  type AugmentationOptions,
  drawAugmentation,
  noAugmentation,
} from "./augmentation.ts";
export { batchesAhead, type LoadedBatch } from "./batchesAhead.ts";
export { type CheckOptions, checkDataset, type DatasetReport } from "./checkDataset.ts";
export { vocClasses } from "./classes.ts";
export {
  type CueHeader,
  type CueWarnings,
  cueFormat,
  cuesFor,
  type FittedCues,
  isSecFile,
  type ReadCueSetOptions,
  readCueHeader,
  readCueSet,
} from "./cues/index.ts";
export { isPicture } from "./files.ts";
export { encodeIndexedPng, writeIndexedPng } from "./indexedPng.ts";
export { type Batch, type Item, Loader, type LoaderOptions, type LoadFailure } from "./loader.ts";
export { decodeMask, type LabelMap, resampleMask } from "./mask.ts";
export { mirrorRows } from "./mirrorRows.ts";
export { decodePicture, type Picture, pictureSize, sizeWithin } from "./picture.ts";
export { type DatasetOptions, openDataset, readDataset } from "./readDataset.ts";
export { type SampleKind, sampleKinds } from "./sample/kinds.ts";
export { type SampleOptions, type SampleSummary, writeSample } from "./sample/writeSample.ts";
export { samplesOf } from "./samplesOf.ts";
export {
  type Box,
  DataError,
  type Dataset,
  type DatasetFormat,
  ignoreLabel,
  type Preprocessing,
  type Sample,
} from "./types.ts";
export { vocPalette } from "./vocPalette.ts";
