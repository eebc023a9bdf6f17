/** How a file becomes a model. */
import type { Preprocessing } from "../model.ts";

export interface ImportOptions {
  /** Number of classes of a new head; without it the file's own head is kept. */
  readonly classes?: number;
  /**
   * With the file's own head: for each class the outputs of the file that stand for it. Several are
   * joined as log Σ exp of their scores, which is the score of "any of them" under a softmax.
   */
  readonly outputsOfClasses?: readonly (readonly number[])[];
  /** Side of the square input in pixels; the file's, or else 224, by default. */
  readonly inputSize?: number;
  /** Attention layer, by the name of a tensor or a node; the last one with spatial extent by default. */
  readonly layer?: string;
  /** Stride of the last features: strides beyond it are removed and what is behind dilated. */
  readonly outputStride?: number;
  /** How the network wants its pixels; as the file's metadata says, or else as torchvision's networks. */
  readonly preprocessing?: Preprocessing;
  /** Rows and columns of the tokens, where they cannot be found. */
  readonly grid?: readonly [rows: number, columns: number];
}
