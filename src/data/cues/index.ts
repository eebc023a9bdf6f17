/** Localization cues as data: reading them, and fitting them to a data set. */
export { type CueHeader, cueFormat, readCueFolder, readCueHeader } from "./cueFolder.ts";
export { type CueWarnings, cuesFor, type FittedCues } from "./cuesFor.ts";
export { isSecFile, type ReadCueSetOptions, readCueSet } from "./readCueSet.ts";
