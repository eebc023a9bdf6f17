/**
 * Stages over a data set, from attention to masks: cues from a guided classifier, a segmentation
 * network trained on them, and masks from that network.
 */
export { type CueOptions, type CueOptionsInput, cueOptionsSchema } from "./cueOptions.ts";
export { type ExportedRun, type ExportRunOptions, exportRun } from "./exportRun.ts";
export { type MadeCues, type MakeCuesOptions, makeCues } from "./makeCues.ts";
export { masksFile, masksFormat } from "./maskFolder.ts";
export {
  type OpenedSegmentation,
  openSegmentation,
  readSegmentationConfig,
  type SegmenterOptions,
  startSegmenter,
} from "./openSegmentation.ts";
export { type PicturePathsOptions, picturesOf } from "./picturePaths.ts";
export type { ScoreMap } from "./probabilities.ts";
export type { PictureCrf } from "./refineMask.ts";
export {
  type SecConfig,
  type SecTrainOptions,
  type SecTrainOptionsInput,
  secOptionsSchema,
} from "./secConfig.ts";
export { type SecContext, type SecEvent, type SecRunOptions, secRun } from "./secRun.ts";
export { Segmenter } from "./segmenter.ts";
export { type SampleMask, type SegmentSamplesOptions, segmentSamples } from "./segmentSamples.ts";
export { writeCueSet } from "./writeCueSet.ts";
export {
  type WriteMasksOptions,
  type WrittenMasks,
  writeMasks,
} from "./writeMasks.ts";
