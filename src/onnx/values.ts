/** The names of what was computed, in the layouts in which it is there. */
import type { Node } from "../graph/index.ts";
import { sizeOf } from "../shape.ts";
import type { Emitter } from "./emitter.ts";
import { inLayout, type Layout, swapLayout } from "./layout.ts";

/** A value's name in each layout in which it is there; the first is that in which it was computed. */
type Names = Map<Layout, string>;

export class Values {
  readonly #emitter: Emitter;
  readonly #values = new Map<Node, Names>();

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
  }

  set(node: Node, layout: Layout, name: string): void {
    this.#values.set(node, new Map([[layout, name]]));
  }

  /** In which layout a node was computed. */
  layoutOf(node: Node): Layout {
    const [[layout]] = this.#namesOf(node);
    return layout;
  }

  /** The name of a value in a layout; it is reordered the first time that it is wanted so. */
  get(node: Node, layout: Layout): string {
    const names = this.#namesOf(node);
    const known = names.get(layout);
    if (known !== undefined) return known;
    const [[from, name]] = names;
    const reordered = swapLayout(this.#emitter, name, inLayout(node.shape, from));
    names.set(layout, reordered);
    return reordered;
  }

  /** The layout that most of the large operands of a node have; in a tie, that of the last. */
  preferred({ inputs }: Node): Layout {
    const sizes = inputs.map(({ shape }) => sizeOf(shape));
    const large = inputs.filter((_, i) => sizes[i] === Math.max(...sizes)).reverse();
    const votes = (layout: Layout): number =>
      large.filter((operand) => this.#namesOf(operand).has(layout)).length;
    const difference = votes("spatialFirst") - votes("channelsFirst");
    if (difference !== 0) return difference > 0 ? "spatialFirst" : "channelsFirst";
    return this.layoutOf(large[0]);
  }

  #namesOf(node: Node): Names {
    const names = this.#values.get(node);
    if (names === undefined) throw new Error(`internal: ${node.op} was not lowered.`);
    return names;
  }
}
