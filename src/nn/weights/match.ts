/** Finds a model's weights among those of a file. */

import { formatShape, type Shape, sameShape, sizeOf } from "../../shape.ts";
import { type LayerNames, layerNames, renameTensor } from "./names.ts";
import { type NamedTensor, type Weights, WeightsError } from "./types.ts";

export interface MatchOptions {
  /** Where the weights come from, for the error. */
  readonly file?: string;
  /** Tensors of the model that may be absent, or of another shape: those are then left out. */
  readonly allowMissing?: (name: string) => boolean;
  /** Tensors of the file that the model need not have, by our name. */
  readonly allowUnexpected?: (name: string) => boolean;
}

/**
 * The weights that a model expects, by its names and in its shapes.
 *
 * Names of Keras and torchvision become ours. A kernel [out, in · h · w] fits [out, in, h, w].
 *
 * @param expected  Shape of every tensor of the model, by name.
 * @throws {WeightsError} When tensors are missing, unexpected or misshapen; lists them.
 */
export function matchWeights(
  weights: Weights,
  expected: ReadonlyMap<string, Shape>,
  options: MatchOptions = {},
): Weights {
  const { file = "weights", allowMissing = none, allowUnexpected = none } = options;
  const matched = new Map<string, NamedTensor>();
  const missing: string[] = [];
  const unexpected: string[] = [];
  const misshapen: string[] = [];
  const seen = new Set<string>();
  for (const { name, theirs, shape, data } of renamed(weights, expected)) {
    const wanted = expected.get(name);
    if (wanted === undefined) {
      if (!allowUnexpected(name)) unexpected.push(`${theirs} ${formatShape(shape)}`);
      continue;
    }
    seen.add(name);
    if (fits(shape, wanted)) matched.set(name, { shape: wanted, data });
    else if (!allowMissing(name)) {
      misshapen.push(`${theirs} is ${formatShape(shape)}, must be ${formatShape(wanted)}`);
    }
  }
  for (const [name, shape] of expected) {
    if (!seen.has(name) && !allowMissing(name)) missing.push(`${name} ${formatShape(shape)}`);
  }
  if (missing.length + unexpected.length + misshapen.length > 0) {
    throw new WeightsError(
      `${file}: weights must fit the model; ${missing.length} tensors are missing, ` +
        `${unexpected.length} unexpected, ${misshapen.length} misshapen.` +
        group("missing", missing) +
        group("unexpected", unexpected) +
        group("misshapen", misshapen) +
        "\nUse a file that was made for this model, or choose the model that this file is for.",
    );
  }
  return matched;
}

function none(): boolean {
  return false;
}

/** The tensors by our names: those of the table under which most of the expected ones are found. */
export function renameWeights(weights: Weights, expected: ReadonlyMap<string, Shape>): Weights {
  return new Map(
    renamed(weights, expected).map(({ name, shape, data }) => [name, { shape, data }]),
  );
}

function renamed(
  weights: Weights,
  expected: ReadonlyMap<string, Shape>,
): (NamedTensor & { readonly name: string; readonly theirs: string })[] {
  const table = bestTable(weights, expected);
  return Array.from(weights, ([theirs, tensor]) => ({
    ...tensor,
    name: renameTensor(theirs, table),
    theirs,
  }));
}

/** The table of names under which most of the model's tensors are found. */
function bestTable(weights: Weights, expected: ReadonlyMap<string, Shape>): LayerNames {
  let best: LayerNames = new Map();
  let bestCount = -1;
  for (const table of [best, ...layerNames]) {
    const names = [...weights.keys()].map((name) => renameTensor(name, table));
    const count = names.filter((name) => expected.has(name)).length;
    if (count > bestCount) [best, bestCount] = [table, count];
  }
  return best;
}

/** Equal shapes, or a linear layer and a convolution over its whole input: the same layout. */
function fits(shape: Shape, wanted: Shape): boolean {
  const isKernel = (dims: Shape): boolean => dims.length === 2 || dims.length === 4;
  return (
    sameShape(shape, wanted) ||
    (isKernel(shape) &&
      isKernel(wanted) &&
      shape.length !== wanted.length &&
      shape[0] === wanted[0] &&
      sizeOf(shape) === sizeOf(wanted))
  );
}

/** Tensors listed of each kind; VGG16 has 32, so that a whole foreign file is still readable. */
const listed = 40;

function group(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const more = lines.length > listed ? `; and ${lines.length - listed} more` : "";
  return `\n  ${title}: ${lines.slice(0, listed).join("; ")}${more}`;
}
