/**
 * Lets what can be finished early be finished early, so that its operands need no longer be kept.
 *
 * In a guided step a filter meets two passes, and its gradient is a sum of two terms. The backward
 * pass of the masked images leads through the attention map, a small tensor, to that of the images.
 * ONNX Runtime orders nodes depth first from the outputs, so that every term of the first would wait
 * for its sum, and all activations of the masked pass with it. Here the small tensor is made to
 * depend on those terms.
 */
import { add, type Node, topologicalOrder, withInputs } from "../graph/index.ts";
import { nothingOf } from "./nothing.ts";
import { Reach } from "./reach.ts";
import { smallest } from "./smallest.ts";

/** Nodes with the values of `roots`, in their order. */
export function finishEarly(roots: readonly Node[]): Node[] {
  const order = topologicalOrder(roots);
  const reach = new Reach(order);
  const terms = order.flatMap(({ op, inputs }) => {
    const [a, b] = op === "add" ? inputs.map(filterGradientOf) : [];
    if (a === undefined || b === undefined) return [];
    return [reach.needs(b, a.inputs[1]) ? { early: a, late: b } : { early: b, late: a }];
  });
  if (terms.length === 0) return [...roots];
  const sources = terms.map(({ early }) => early.inputs[1]);
  const between = order.filter((node) =>
    terms.every(({ late }, i) => reach.needs(node, sources[i]) && reach.needs(late, node)),
  );
  // What all ways from the first backward pass to the second go through.
  const passages = between.filter((node) =>
    between.every((other) => reach.areOrdered(node, other)),
  );
  const passage = smallest(passages);
  if (passage === undefined) return [...roots];
  const waiting = termsWaitingFor(passage, order, reach).filter((term) =>
    sources.some((source) => reach.needs(term, source)),
  );
  if (waiting.length === 0) return [...roots];
  return replace(order, roots, passage, add(passage, nothingOf(waiting)));
}

/** The filter gradient that a term is, or of which it is a multiple, as behind a batch normalisation. */
function filterGradientOf(term: Node): Node | undefined {
  const factors = term.op === "mul" ? term.inputs : [term];
  return factors.find(({ op }) => op === "convFilterGrad");
}

/** Terms of sums whose other term needs the passage, and which do not need it themselves. */
function termsWaitingFor(passage: Node, order: readonly Node[], reach: Reach): Node[] {
  const waiting = new Set<Node>();
  for (const { op, inputs } of order) {
    if (op !== "add" || inputs.every((term) => reach.needs(term, passage))) continue;
    if (!inputs.some((term) => reach.needs(term, passage))) continue;
    for (const term of inputs) {
      if (!reach.needs(term, passage) && !reach.needs(passage, term)) waiting.add(term);
    }
  }
  // ONNX Runtime computes the last operand of a sum first, and needs least for the last layers' terms.
  return [...waiting].sort((a, b) => reach.countOf(b) - reach.countOf(a));
}

/** `roots` with `from` replaced by `to` wherever it is read, but not inside `to`. */
function replace(order: readonly Node[], roots: readonly Node[], from: Node, to: Node): Node[] {
  const replaced = new Map<Node, Node>([[from, to]]);
  const lookUp = (node: Node): Node => replaced.get(node) ?? node;
  for (const node of order) {
    if (node !== from) replaced.set(node, withInputs(node, node.inputs.map(lookUp)));
  }
  return roots.map(lookUp);
}
