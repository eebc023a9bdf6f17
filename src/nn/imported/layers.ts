/** Which tensors of a traced network can have an attention map, and how they lie on the picture. */
import { type Node, reshape, slice, topologicalOrder, transpose } from "../../graph/index.ts";
import type { ImportTrace } from "../../onnx/import/index.ts";
import { type AxisRole, axisRoles, readAxes } from "./spatialAxes.ts";

/** A tensor with places on the picture, in any layout. */
export interface SpatialTensor {
  /** Of the tensor in the file. */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  /** Its values, or their gradient, as [N, K, rows, columns]. */
  readonly toGrid: (x: Node) => Node;
}

export interface FoundLayers {
  /** In the order in which they are computed. */
  readonly tensors: readonly SpatialTensor[];
  /** The last one that the logits depend on as a whole; undefined where there is none. */
  readonly last: string | undefined;
}

interface LayerSearch {
  /** [N, 3, H, W], with N of at least 2. */
  readonly pictures: Node;
  readonly logits: Node;
  /** The attention layer is looked for up to here: what the classification head reads. */
  readonly until: Node;
  /** Whether a pool computes a tensor, by its name. */
  isPool(tensor: string): boolean;
  /** Rows and columns of tokens that cannot be followed back to the pictures. */
  readonly grid?: readonly [rows: number, columns: number];
}

/** Looks for layers between pictures and logits. */
export function findLayers(
  { tensors }: ImportTrace,
  { pictures, logits, until, isPool, grid }: LayerSearch,
): FoundLayers {
  const roles = axisRoles(pictures, [logits]);
  const read = readAxes(logits);
  const isBefore = new Set(topologicalOrder([until]));
  const found: SpatialTensor[] = [];
  let last: string | undefined;
  const seen = new Set([pictures]);
  for (const [name, node] of tensors) {
    if (seen.has(node)) continue;
    seen.add(node);
    const traced = roles.get(node);
    const own = grid && traced && !traced.some(isPlace) ? tokenRoles(node, pictures, grid) : traced;
    const layer = own && spatialTensor(name, node, own);
    if (own === undefined || layer === undefined) continue;
    found.push(layer);
    const isRead = own.every((role, axis) => !isPlace(role) || read.get(node)?.[axis]);
    // A pool's result is that of the layer before it, coarser.
    if (!isBefore.has(node) || !isRead || isPool(name)) continue;
    // Among tokens, those of the residual stream, which all of a block reads.
    const isStream =
      node.op === "add" && node.inputs.every((x) => grid !== undefined || hasPlaces(roles.get(x)));
    if (!own.some((role) => role?.kind === "tokens") || isStream) last = name;
  }
  return { tensors: found, last };
}

/** [N, T, K] whose last tokens are the grid, where that is said. */
function tokenRoles(
  { shape }: Node,
  pictures: Node,
  [rows, columns]: readonly [number, number],
): readonly (AxisRole | undefined)[] {
  const offset = shape[1] - rows * columns;
  if (shape.length !== 3 || shape[0] !== pictures.shape[0] || offset < 0) return [];
  return [{ kind: "batch" }, { kind: "tokens", rows, columns, offset }, undefined];
}

const isPlace = (role: AxisRole | undefined): boolean =>
  role !== undefined && role.kind !== "batch";

const hasPlaces = (roles: readonly (AxisRole | undefined)[] | undefined): boolean =>
  roles?.some(isPlace) ?? false;

function spatialTensor(
  name: string,
  { shape }: Node,
  roles: readonly (AxisRole | undefined)[],
): SpatialTensor | undefined {
  const axisOf = (kind: AxisRole["kind"]): number => roles.findIndex((role) => role?.kind === kind);
  const [batch, row, column, token] = (["batch", "row", "column", "tokens"] as const).map(axisOf);
  const channel = roles.indexOf(undefined);
  if (batch < 0 || channel < 0) return undefined;
  const channels = shape[channel];
  if (shape.length === 4 && row >= 0 && column >= 0) {
    const [rows, columns] = [shape[row], shape[column]];
    if (rows * columns < 2) return undefined;
    const toGrid = (x: Node): Node => transpose(x, [batch, channel, row, column]);
    return { name, rows, columns, channels, toGrid };
  }
  const tokens = roles[token];
  if (shape.length !== 3 || tokens?.kind !== "tokens") return undefined;
  const { rows, columns, offset } = tokens;
  const toGrid = (x: Node): Node => {
    const ordered = transpose(x, [batch, channel, token]);
    const [images] = ordered.shape;
    const places = slice(ordered, [0, 0, offset], [images, channels, rows * columns]);
    return reshape(places, [images, channels, rows, columns]);
  };
  return { name, rows, columns, channels, toGrid };
}
