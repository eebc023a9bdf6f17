/**
 * Finds in a traced network which axes of a tensor run over places of the picture, whatever the
 * layout: [N, C, H, W], [N, H, W, C], or tokens [N, T, C] as transformers have them.
 */
import { type Node, type NodeOf, topologicalOrder } from "../../graph/index.ts";
import { axisAt, axisFlow, sizeBefore } from "./axisFlow.ts";

/** What an axis runs over; an axis of channels or of nothing in particular has no role. */
export type AxisRole =
  | { readonly kind: "batch" | "row" | "column" }
  | {
      /** Places of a grid, row by row, of which the first is at `offset`. */
      readonly kind: "tokens";
      readonly rows: number;
      readonly columns: number;
      readonly offset: number;
    };

type Roles = readonly (AxisRole | undefined)[];

/**
 * The roles of the axes of every node that `outputs` need.
 *
 * @param pictures  [N, 3, H, W], with N of at least 2: axes of length 1 cannot be told apart.
 */
export function axisRoles(pictures: Node, outputs: readonly Node[]): ReadonlyMap<Node, Roles> {
  const roles = new Map<Node, Roles>();
  for (const node of topologicalOrder(outputs)) {
    roles.set(node, node === pictures ? pictureRoles : rolesOf(node, roles));
  }
  return roles;
}

const pictureRoles: Roles = [{ kind: "batch" }, undefined, { kind: "row" }, { kind: "column" }];

function rolesOf(node: Node, known: ReadonlyMap<Node, Roles>): Roles {
  const result = new Array<AxisRole | undefined>(node.shape.length).fill(undefined);
  node.inputs.forEach((operand, index) => {
    const roles = known.get(operand) ?? [];
    roles.forEach((role, axis) => {
      if (role === undefined) return;
      const flow = axisFlow(node, index, axis);
      if (typeof flow === "number") result[flow] ??= moved(role, node, index, axis);
      else if (flow === "cut") result[axis] ??= cutRole(role, node, axis);
    });
  });
  if (node.op === "reshape") foldGrid(node, known.get(node.inputs[0]) ?? [], result);
  return result;
}

/** Tokens move where others are put in front of them, such as a class token. */
function moved(role: AxisRole, node: Node, index: number, axis: number): AxisRole {
  if (role.kind !== "tokens") return role;
  if (node.op === "pad") return { ...role, offset: role.offset + node.attributes.before[axis] };
  if (node.op !== "concat" || node.attributes.axis !== axis) return role;
  const before = node.inputs.slice(0, index).reduce((sum, { shape }) => sum + shape[axis], 0);
  return { ...role, offset: role.offset + before };
}

/** Rows and columns stay what they are; tokens do if the whole grid is among those that are kept. */
function cutRole(role: AxisRole, node: Node, axis: number): AxisRole | undefined {
  if (role.kind !== "tokens" || node.op !== "slice") return role;
  const offset = role.offset - node.attributes.starts[axis];
  const fits = offset >= 0 && offset + role.rows * role.columns <= node.shape[axis];
  return fits ? { ...role, offset } : undefined;
}

/** Rows and columns that become tokens, and tokens that become rows and columns. */
function foldGrid(node: NodeOf<"reshape">, from: Roles, result: (AxisRole | undefined)[]): void {
  const { shape: before } = node.inputs[0];
  const { shape: after } = node;
  from.forEach((role, axis) => {
    const size = sizeBefore(before, axis);
    if (role?.kind === "row" && from[axis + 1]?.kind === "column") {
      const [rows, columns] = [before[axis], before[axis + 1]];
      const at = axisAt(after, size, rows * columns);
      if (at !== undefined) result[at] = { kind: "tokens", rows, columns, offset: 0 };
    }
    if (role?.kind === "tokens" && before[axis] === role.rows * role.columns) {
      const at = axisAt(after, size, role.rows);
      if (at === undefined || after[at + 1] !== role.columns) return;
      result[at] = { kind: "row" };
      result[at + 1] = { kind: "column" };
    }
  });
}

/**
 * Of every node, for each axis, whether `output` depends on all of its places: the output of a
 * transformer that reads the class token does not depend on the last layer's other tokens.
 */
export function readAxes(output: Node): ReadonlyMap<Node, readonly boolean[]> {
  const order = topologicalOrder([output]);
  const read = new Map<Node, boolean[]>(
    order.map((node) => [node, node.shape.map(() => node === output)]),
  );
  for (const node of order.reverse()) {
    const own = read.get(node) ?? [];
    node.inputs.forEach((operand, index) => {
      const axes = read.get(operand) ?? [];
      axes.forEach((isRead, axis) => {
        if (isRead) return;
        const flow = axisFlow(node, index, axis);
        // A cut of length 1 reads that place alone, such as the class token's.
        const cut = node.shape[axis] > 1 && own[axis];
        axes[axis] = flow === "mixed" || (flow === "cut" ? cut : own[flow]);
      });
    });
  }
  return read;
}
