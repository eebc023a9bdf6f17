/** Which nodes of a graph need which others. */
import type { Node } from "../graph/index.ts";

/** Which nodes each node needs, itself not included: a bit for each. */
export class Reach {
  readonly #index: ReadonlyMap<Node, number>;
  readonly #bits: readonly Uint32Array[];

  constructor(order: readonly Node[]) {
    this.#index = new Map(order.map((node, i) => [node, i]));
    const words = Math.ceil(order.length / 32);
    const bits: Uint32Array[] = [];
    for (const { inputs } of order) {
      const own = new Uint32Array(words);
      for (const operand of inputs) {
        const i = this.#indexOf(operand);
        for (let word = 0; word < words; word++) own[word] |= bits[i][word];
        own[i >> 5] |= 1 << (i & 31);
      }
      bits.push(own);
    }
    this.#bits = bits;
  }

  needs(node: Node, operand: Node): boolean {
    const i = this.#indexOf(operand);
    return (this.#bits[this.#indexOf(node)][i >> 5] & (1 << (i & 31))) !== 0;
  }

  /** Whether one of two nodes needs the other, or they are the same. */
  areOrdered(a: Node, b: Node): boolean {
    return a === b || this.needs(a, b) || this.needs(b, a);
  }

  /** How many nodes a node needs. */
  countOf(node: Node): number {
    let count = 0;
    for (const word of this.#bits[this.#indexOf(node)]) {
      for (let rest = word; rest !== 0; rest &= rest - 1) count++;
    }
    return count;
  }

  #indexOf(node: Node): number {
    return this.#index.get(node) ?? -1;
  }
}
