import { describe, expect, test } from "vitest";
import { grad } from "../autodiff/index.ts";
import { guide } from "../gain/index.ts";
import {
  conv,
  input,
  interpret,
  maxPool,
  mul,
  type Node,
  relu,
  simplify,
  sum,
  topologicalOrder,
} from "../graph/index.ts";
import { defineModel, poolingHead, torchvisionPreprocessing } from "../nn/index.ts";
import { Random } from "../random.ts";
import { Machine, programSource } from "../runtime/index.ts";
import { sizeOf } from "../shape.ts";
import { recompute } from "./recompute.ts";

/** Three convolutions before the first pool and the second, one behind it. */
const model = defineModel({
  name: "tiny",
  classes: 3,
  inputSize: 16,
  preprocessing: torchvisionPreprocessing,
  attentionLayer: "conv3",
  build: (net, images) => {
    const pool = (x: Node): Node => maxPool(x, { kernel: 2, stride: 2 });
    const first = pool(net.conv("conv1", images, 16));
    const second = pool(net.conv("conv2b", net.conv("conv2a", first, 8), 16));
    return poolingHead(net, net.conv("conv3", second, 8), 3);
  },
});
const beforeLastPool = 3;

/** Losses and gradients of a step with images, masked images and images with masks. */
function guidedStep(layer: string = "conv3"): Readonly<Record<string, Node>> {
  const guidance = { guidance: "extra", miningWeight: 0.3, layer } as const;
  const { losses, gradients } = guide(model, guidance, { images: 2, supervised: 1 });
  const next = [...gradients].map(([name, node]) => [`gradient of ${name}`, node] as const);
  return { ...losses, ...Object.fromEntries(next) };
}

const nodesOf = (roots: readonly Node[], op: Node["op"]): Node[] =>
  topologicalOrder(roots).filter((node) => node.op === op);

/** Drawn for every input; all above zero where they are weights. */
function feedsOf(roots: readonly Node[]): Record<string, Float32Array> {
  const random = new Random(3);
  return Object.fromEntries(
    topologicalOrder(roots).flatMap((node) => {
      if (node.op !== "input") return [];
      const draw = (): number => (node.shape.length === 4 ? random.normal() : random.uniform(0, 1));
      return [[node.attributes.name, Float32Array.from({ length: sizeOf(node.shape) }, draw)]];
    }),
  );
}

/** Without the sign of zeros. */
const unsigned = (values: ArrayLike<number>): number[] => Array.from(values, (value) => value + 0);

describe("a guided step with recomputation", () => {
  const plain = simplify(Object.values(guidedStep()));
  const again = recompute(plain);

  test("has the values of one without, bit for bit", () => {
    const feeds = feedsOf(plain);
    const [expected, actual] = [plain, again].map((roots) => interpret(roots, feeds).map(unsigned));
    expect(actual).toEqual(expected);
    expect(expected.every((values) => values.some((value) => value !== 0))).toBe(true);
  });

  test("has them on ONNX Runtime too", async () => {
    const outputs = guidedStep();
    const feeds = new Map(Object.entries(feedsOf(plain)));
    const machine = new Machine({ device: "cpu", threads: 1 });
    const results = [];
    for (const isAgain of [false, true]) {
      const source = programSource({ outputs }, undefined, { recompute: isAgain });
      const values = await machine.run(await machine.load(source), feeds);
      results.push([...values].map(([name, { data }]) => [name, unsigned(data)]));
    }
    await machine.close();
    expect(results[1]).toEqual(results[0]);
  });

  test("computes the convolutions before the last pool once more, of images and of masked ones", () => {
    const [before, after] = [plain, again].map((roots) => nodesOf(roots, "conv").length);
    expect(after).toBe(before + 2 * beforeLastPool);
    // None of them says the same as the one that it repeats.
    expect(nodesOf(simplify(again), "conv")).toHaveLength(after);
  });

  test("computes what a pool had pooled after the cotangent that its backward pass starts from", () => {
    const scatters = nodesOf(again, "maxPoolScatter");
    expect(scatters).toHaveLength(4);
    for (const { inputs } of scatters) {
      const [g, x] = inputs;
      expect(topologicalOrder([x])).toContain(g);
    }
  });

  test("needs of the forward pass only pools, small results and what lies behind the last pool", () => {
    const forward = new Set(topologicalOrder(plain));
    const copied = topologicalOrder(again).filter((node) => !forward.has(node));
    const [loss] = again;
    const kept = new Set(topologicalOrder([loss]));
    for (const node of copied) {
      for (const operand of node.inputs.filter((x) => kept.has(x) && x.op === "relu")) {
        expect(operand.shape[3]).toBe(4);
      }
    }
  });
});

test("maps of a layer before the last pool keep what they are made of", () => {
  const plain = simplify(Object.values(guidedStep("conv2b")));
  const again = recompute(plain);
  const feeds = feedsOf(plain);
  expect(interpret(again, feeds).map(unsigned)).toEqual(interpret(plain, feeds).map(unsigned));
  const early = nodesOf(again, "maxPoolScatter").filter(
    ({ inputs: [g, x] }) => !topologicalOrder([x]).includes(g),
  );
  expect(early.length).toBeGreaterThan(0);
  expect(early.length).toBeLessThan(nodesOf(again, "maxPoolScatter").length);
});

test("nothing changes where nothing is pooled, or nothing comes back through the pool", () => {
  const images = input("images", [2, 3, 8, 8]);
  const filter = input("filter", [4, 3, 3, 3]);
  const feature = relu(conv(images, filter, { padding: 1 }));
  const squares = (x: Node): Node => sum(mul(x, x));
  const flat = simplify([squares(feature), ...grad(squares(feature), [filter])]);
  expect(recompute(flat)).toEqual(flat);
  expect(recompute(flat).every((root, i) => root === flat[i])).toBe(true);
  const pooled = simplify([squares(maxPool(feature, { kernel: 2, stride: 2 }))]);
  expect(recompute(pooled)[0]).toBe(pooled[0]);
});
