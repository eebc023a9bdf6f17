/** Nodes without operands: what is fed, and what is known when the graph is built. */
import { formatShape, type Shape, ShapeError, sizeOf } from "../shape.ts";
import { makeNode, type Node, type NodeOf } from "./node.ts";

/** A tensor that every run is fed by name. */
export function input(name: string, shape: Shape): NodeOf<"input"> & Node {
  for (const dim of shape) {
    if (!Number.isInteger(dim) || dim < 1) {
      throw new ShapeError(
        `input: every dimension of "${name}" must be a positive integer; got ${formatShape(shape)}.`,
      );
    }
  }
  return makeNode("input", [], { name }, shape);
}

/**
 * A tensor that is part of the graph.
 *
 * @param data   Its values, row-major; a number makes a scalar.
 * @param shape  Its shape; a vector's by default.
 * @throws {ShapeError} When `data` and `shape` disagree in size.
 */
export function constant(
  data: number | readonly number[] | Float32Array | Float64Array,
  shape?: Shape,
): Node {
  const values =
    typeof data === "number"
      ? Float64Array.of(data)
      : data instanceof Float32Array || data instanceof Float64Array
        ? data
        : Float64Array.from(data);
  const dims = shape ?? (typeof data === "number" ? [] : [values.length]);
  if (values.length !== sizeOf(dims)) {
    throw new ShapeError(
      `constant: data must have ${sizeOf(dims)} values for shape ${formatShape(dims)}; got ${values.length}.`,
    );
  }
  return makeNode("constant", [], { data: values }, dims);
}

/** The value of a scalar or one-valued constant; undefined for any other node. */
export function constantValue(node: Node): number | undefined {
  if (node.op === "constant" && node.attributes.data.length === 1) return node.attributes.data[0];
  return node.op === "broadcastTo" || node.op === "reshape"
    ? constantValue(node.inputs[0])
    : undefined;
}
