/** Data sets: reading, checking, loading, and the sample. */
export {
  type Augmentation,
  type AugmentationOptions,
  drawAugmentation,
  noAugmentation,
} from "./augmentation.ts";
export { batchesAhead, type LoadedBatch } from "./batchesAhead.ts";
export { readBoxes } from "./boxes.ts";
export { type CheckOptions, checkDataset, type DatasetReport } from "./check/checkDataset.ts";
export {
  type Finding,
  type FindingKind,
  findingKinds,
  type Severity,
} from "./check/finding.ts";
export { type FixReport, fixDataset } from "./check/fixDataset.ts";
export { vocClasses } from "./classes.ts";
export {
  type Conversion,
  type ConvertFormat,
  type ConvertOptions,
  convertDataset,
  convertFormats,
} from "./convert/index.ts";
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
  type BoxFile,
  type BoxSource,
  DataError,
  type Dataset,
  type DatasetFormat,
  type DrawnMask,
  ignoreLabel,
  type MaskSource,
  type Preprocessing,
  type Region,
  type RegionShape,
  type Sample,
} from "./types.ts";
export { vocPalette } from "./vocPalette.ts";
