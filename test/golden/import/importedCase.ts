/** A golden case as make.py wrote it, and its file with the weights that formulas give. */
import { readFileSync } from "node:fs";
import { decodeOnnx, encodeOnnx, type OnnxTensor } from "../../../src/onnx/index.ts";
import { type Shape, sizeOf } from "../../../src/shape.ts";
import { Formula } from "../gain/formula.ts";
import type { GoldenCase } from "../gain/goldenCase.ts";

export interface ImportedCase extends Omit<GoldenCase, "model"> {
  readonly seed: number;
  readonly opset: number;
  /** Of the file: any number of pictures, or always one. */
  readonly batch: "any" | 1;
  /** "plain": with PyTorch's names; "default": constants folded, batch normalisation fused. */
  readonly exported: "plain" | "default";
  /** The file's name of the tensor that has the attention map. */
  readonly layer: string;
  /** Names of the weights of the file's own head. */
  readonly head: readonly string[];
  /** Of every tensor that the stripped file declares, statistics of batch normalisation included. */
  readonly weights: Readonly<Record<string, readonly [offset: number, scale: number]>>;
  /** Of both pictures. */
  readonly logits: readonly (readonly number[])[];
}

export const { cases } = JSON.parse(
  readFileSync(new URL("golden.json", import.meta.url), "utf8"),
) as { readonly cases: readonly ImportedCase[] };

/**
 * Networks whose guided step ONNX Runtime takes longest to load (densenet121: 20 s). All
 * they are made of is in others, too; test/long computes them.
 */
const longest: readonly string[] = ["densenet121", "resnet50", "efficientnet_b0"];

export const isLong = ({ name }: ImportedCase): boolean => longest.includes(name);

/** Pictures of a case, and the numbers by which its gradients are summarised. */
export const formulaOf = ({ seed }: ImportedCase): Formula => new Formula(seed);

/** The file as PyTorch exported it: its inputs other than the pictures become weights again. */
export function fileOf(golden: ImportedCase): Uint8Array<ArrayBuffer> {
  const bytes = readFileSync(new URL(`${golden.name}.onnx`, import.meta.url));
  const { graph, ...rest } = decodeOnnx(bytes, golden.name);
  const [pictures, ...declared] = graph.inputs;
  const weights = declared.map(({ name, shape }) => weightOf(golden, name, shape.map(Number)));
  const initializers = [...graph.initializers, ...weights];
  return encodeOnnx({ ...rest, graph: { ...graph, inputs: [pictures], initializers } });
}

/** offset + scale · uniform(name) */
function weightOf(golden: ImportedCase, name: string, shape: Shape): OnnxTensor {
  const [offset, scale] = golden.weights[name];
  const value = formulaOf(golden).uniform(name);
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = offset + scale * value(i);
  return { name, type: "float32", shape, data };
}
