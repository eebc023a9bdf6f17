/** A graph as text, for people and for snapshots. */
import { formatShape } from "../shape.ts";
import { type Node, topologicalOrder } from "./node.ts";

/**
 * One line per node, each after its operands, then what is returned:
 *
 *   input x : [2, 3, 16, 16]
 *   input w : [8, 3, 3, 3]
 *   %1 = conv(x, w) {strides: 1x1, pads: 1,1,1,1, dilations: 1x1, groups: 1} : [2, 8, 16, 16]
 *   return %1
 */
export function print(outputs: readonly Node[]): string {
  const names = new Map<Node, string>();
  const nameOf = (node: Node): string => names.get(node) ?? "?";
  let count = 0;
  const lines = topologicalOrder(outputs).map((node) => {
    if (node.op === "input") {
      names.set(node, node.attributes.name);
      return `input ${node.attributes.name} : ${formatShape(node.shape)}`;
    }
    count++;
    names.set(node, `%${count}`);
    const call =
      node.op === "constant"
        ? `constant ${summary(node.attributes.data)}`
        : `${node.op}(${node.inputs.map(nameOf).join(", ")})${attributeList(node)}`;
    return `%${count} = ${call} : ${formatShape(node.shape)}`;
  });
  return [...lines, `return ${outputs.map(nameOf).join(", ")}`].join("\n");
}

/** Few values are shown, many are counted. */
function summary(data: Float32Array | Float64Array): string {
  const shown = (value: number) => String(Number(value.toPrecision(6)));
  if (data.length <= 4) return Array.from(data, shown).join(", ");
  let [low, high] = [data[0], data[0]];
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return `(${data.length} values from ${shown(low)} to ${shown(high)})`;
}

function attributeList({ attributes }: Node): string {
  const entries = Object.entries(attributes).map(
    ([key, value]) => `${key}: ${Array.isArray(value) ? value.join(separatorOf(key)) : value}`,
  );
  return entries.length === 0 ? "" : ` {${entries.join(", ")}}`;
}

/** Sizes read as 3x3, lists of axes and sides as 0,1. */
const separatorOf = (key: string): string =>
  ["kernel", "strides", "dilations"].includes(key) ? "x" : ",";
