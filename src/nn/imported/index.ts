/** Classifiers in ONNX files as models. */
export { type ImportedLayer, type ImportedModel, importOnnx } from "./importOnnx.ts";
export type { ImportOptions } from "./options.ts";
