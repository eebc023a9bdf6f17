/** The names of what was computed, in the layouts in which it is there. */
import type { Node } from "../graph/index.ts";
import { sizeOf } from "../shape.ts";
import type { Emitter } from "./emitter.ts";
import { inLayout, type Layout, swapLayout } from "./layout.ts";

interface Value {
  /** In which it was computed. */
  readonly layout: Layout;
  readonly names: Map<Layout, string>;
}

export class Values {
  readonly #emitter: Emitter;
  readonly #values = new Map<Node, Value>();

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
  }

  set(node: Node, layout: Layout, name: string): void {
    this.#values.set(node, { layout, names: new Map([[layout, name]]) });
  }

  /** In which layout a node was computed. */
  layoutOf(node: Node): Layout {
    return this.#valueOf(node).layout;
  }

  /** The name of a value in a layout; it is reordered the first time that it is wanted so. */
  get(node: Node, layout: Layout): string {
    const { layout: from, names } = this.#valueOf(node);
    const known = names.get(layout);
    if (known !== undefined) return known;
    const name = swapLayout(this.#emitter, names.get(from) ?? "", inLayout(node.shape, from));
    names.set(layout, name);
    return name;
  }

  /** The layout that most of the large operands of a node have; in a tie, that of the last. */
  preferred({ inputs }: Node): Layout {
    const sizes = inputs.map(({ shape }) => sizeOf(shape));
    const large = inputs.filter((_, i) => sizes[i] === Math.max(...sizes)).reverse();
    const votes = (layout: Layout): number =>
      large.filter((operand) => this.#valueOf(operand).names.has(layout)).length;
    const difference = votes("spatialFirst") - votes("channelsFirst");
    if (difference !== 0) return difference > 0 ? "spatialFirst" : "channelsFirst";
    return this.layoutOf(large[0]);
  }

  #valueOf(node: Node): Value {
    const value = this.#values.get(node);
    if (value === undefined) throw new Error(`internal: ${node.op} was not lowered.`);
    return value;
  }
}
