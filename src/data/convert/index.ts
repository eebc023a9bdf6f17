/** Data sets in other tools' formats. */
export { type Conversion, type ConvertOptions, convertDataset } from "./convertDataset.ts";
export { type ConvertFormat, convertFormats } from "./target.ts";
