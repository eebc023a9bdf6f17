/** Cuts a computation in two where something outside the graph has to happen in between. */
import { type Node, topologicalOrder, withInputs } from "./node.ts";
import { simplify } from "./simplify.ts";
import { input } from "./source.ts";

export interface CutGraph {
  /** The values of `first`, in their order. */
  readonly first: readonly Node[];
  /** What the second half needs of the first, by the name of its input there. */
  readonly kept: ReadonlyMap<string, Node>;
  /** The values of `second`, computed from inputs, constants and what was kept. */
  readonly second: readonly Node[];
}

/**
 * Splits what `second` needs into what `first` computes anyway and the rest, so that nothing is
 * computed twice: a training step whose loss depends on a target that is made from its own scores.
 *
 * @param name    Names the inputs of the second half: `name` and a number.
 * @param isOnce  Which inputs are fed to the first half only, and so are handed over as well.
 */
export function cut(
  first: readonly Node[],
  second: readonly Node[],
  name: string,
  isOnce: (input: string) => boolean = () => false,
): CutGraph {
  const all = simplify([...first, ...second]);
  const early = all.slice(0, first.length);
  const isEarly = new Set(topologicalOrder(early));
  const kept = new Map<string, Node>();
  const replaced = new Map<Node, Node>();
  const keep = (node: Node): Node => {
    if (node.op === "constant") return node;
    if (node.op === "input" && !isOnce(node.attributes.name)) return node;
    const known = replaced.get(node);
    if (known !== undefined) return known;
    const inputName = `${name} ${kept.size}`;
    const stand = input(inputName, node.shape);
    kept.set(inputName, node);
    replaced.set(node, stand);
    return stand;
  };
  const late = all.slice(first.length);
  for (const node of topologicalOrder(late)) {
    if (isEarly.has(node)) continue;
    const inputs = node.inputs.map((operand) =>
      isEarly.has(operand) ? keep(operand) : (replaced.get(operand) ?? operand),
    );
    replaced.set(node, withInputs(node, inputs));
  }
  const secondHalf = late.map((node) =>
    isEarly.has(node) ? keep(node) : (replaced.get(node) ?? node),
  );
  return { first: early, kept, second: secondHalf };
}
