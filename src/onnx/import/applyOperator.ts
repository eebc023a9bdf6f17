/** Applies one operator of a file. */
import { constant, interpret, type Node } from "../../graph/index.ts";
import { ShapeError, sizeOf } from "../../shape.ts";
import type { OperatorCall } from "./call.ts";
import { kindOf, numbersOf } from "./elements.ts";
import { learned } from "./learned.ts";
import { foldRules, importRules, shapeRules } from "./rules/index.ts";
import type { ElementKind, ImportedTensor, KnownTensor } from "./types.ts";

/**
 * The results of an operator, in order. What follows from constants is a constant.
 *
 * @throws {OnnxError} When it cannot take its operands or attributes.
 */
export function applyOperator(call: OperatorCall): readonly ImportedTensor[] {
  const { op } = call.node;
  if (op === "Constant") return [fromKnown(constantOf(call))];
  const shapeRule = shapeRules[op];
  if (shapeRule !== undefined) return [fromKnown(shapeRule(call))];
  const isKnown = call.present().every((operand) => operand.op === "constant");
  const foldRule = foldRules[op];
  const rule = importRules[op];
  if (foldRule !== undefined && (isKnown || rule === undefined)) {
    return [fromKnown(foldRule(knownOperands(call), call))];
  }
  if (rule === undefined) throw new Error(`internal: ${op} has no rule.`);
  const result = refusingShapes(call, () => rule(call));
  const nodes = "op" in result ? [result] : result;
  const kind = kindOfResult(call);
  for (const node of nodes) inherit(call, node);
  return nodes.map((node) => ({ node: isKnown ? folded(node) : node, kind }));
}

/** A shape that an operation of the graph refuses, told with the file's node. */
function refusingShapes<T>(call: OperatorCall, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw call.refusal(
      error.message.replace(/\.$/, ""),
      "A file that was exported for pictures of one size takes no other: check inputSize.",
    );
  }
}

const fromKnown = ({ data, shape, kind }: KnownTensor): ImportedTensor => ({
  node: constant(data, shape),
  kind,
});

const folded = (node: Node): Node => constant(interpret([node], {})[0], node.shape);

/** The operands as numbers. @throws {OnnxError} When one depends on the pictures. */
const knownOperands = (call: OperatorCall): KnownTensor[] =>
  Array.from({ length: call.count }, (_, i) => ({
    data: Float64Array.from(call.numbers(i, "operands")),
    shape: call.tensor(i).shape,
    kind: call.kindOf(i),
  }));

function constantOf(call: OperatorCall): KnownTensor {
  const { value, value_float, value_floats, value_int, value_ints } = call.node.attributes;
  if (value !== undefined && "tensor" in value) {
    const { shape, type } = value.tensor;
    return { shape, data: numbersOf(value.tensor), kind: kindOf(type) };
  }
  const list = (data: readonly number[], shape: readonly number[], kind: ElementKind) => ({
    data: Float64Array.from(data),
    shape,
    kind,
  });
  if (value_float !== undefined && "float" in value_float) {
    return list([value_float.float], [], "float");
  }
  if (value_int !== undefined && "int" in value_int) return list([value_int.int], [], "integer");
  if (value_floats !== undefined && "floats" in value_floats) {
    return list(value_floats.floats, [value_floats.floats.length], "float");
  }
  if (value_ints !== undefined && "ints" in value_ints) {
    return list(value_ints.ints, [value_ints.ints.length], "integer");
  }
  throw call.refusal("must hold numbers; got another kind of constant");
}

/** Real as soon as any operand is. */
function kindOfResult(call: OperatorCall): ElementKind {
  const kinds = Array.from({ length: call.count }, (_, i) => call.kindOf(i));
  if (kinds.length === 0 || kinds.includes("float")) return "float";
  return kinds.includes("integer") ? "integer" : "boolean";
}

/**
 * What a result has from its operands: its relation to the pictures, whether a layer saw it, and where
 * in an axis the pictures are.
 */
function inherit(call: OperatorCall, node: Node): void {
  const { samplings, unlearned, inFrontOfBatch } = call.context;
  const operands = call.present();
  const shared = operands.find((operand) => inFrontOfBatch.has(operand));
  const inFront = shared && inFrontOfBatch.get(shared);
  if (inFront !== undefined && !inFrontOfBatch.has(node)) inFrontOfBatch.set(node, inFront);
  const sampled = operands.filter((operand) => samplings.has(operand));
  const [largest] = sampled.sort((a, b) => sizeOf(b.shape) - sizeOf(a.shape));
  const sampling = largest && samplings.get(largest);
  if (sampling !== undefined && !samplings.has(node)) samplings.set(node, sampling);
  const isUnlearned = sampled.length > 0 && sampled.every((operand) => unlearned.has(operand));
  if (isUnlearned && !learned.has(call.node.op)) unlearned.add(node);
}
