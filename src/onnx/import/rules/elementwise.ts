/** Operators that act on each element, and choices between known conditions. */
import {
  abs,
  add,
  broadcastTo,
  celu,
  clip,
  div,
  elu,
  erf,
  exp,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  log,
  maximum,
  minimum,
  mish,
  mul,
  type Node,
  neg,
  power,
  relu,
  reshape,
  selu,
  sigmoid,
  softplus,
  softsign,
  sqrt,
  sub,
  tanh,
} from "../../../graph/index.ts";
import { broadcastShapes } from "../../../shape.ts";
import type { OperatorCall } from "../call.ts";
import type { ImportRule } from "../types.ts";

const unary =
  (f: (x: Node) => Node): ImportRule =>
  (call) =>
    f(call.tensor(0));

/**
 * Two operands that broadcast. Weights that meet pictures which no layer has seen are part of the
 * preprocessing, such as a mean to subtract, and stay as they are.
 */
const binary =
  (f: (a: Node, b: Node) => Node): ImportRule =>
  (call) => {
    const operands = call.tensors();
    const isPreprocessing = operands.some((operand) => call.context.unlearned.has(operand));
    const [a, b] = operands.map((operand, i) =>
      isPreprocessing && operand.op === "input" && !call.context.unlearned.has(operand)
        ? call.frozen(i, "the numbers of the preprocessing")
        : operand,
    );
    return f(a, b);
  };

const folded =
  (f: (a: Node, b: Node) => Node): ImportRule =>
  (call) =>
    call.tensors().reduce((total, operand) => f(total, operand));

/** The number in an optional operand. */
function bound(call: OperatorCall, index: number, name: string): number | undefined {
  if (call.optional(index) !== undefined) return call.numbers(index, name)[0];
  const attribute = call.float(name, Number.NaN);
  return Number.isNaN(attribute) ? undefined : attribute;
}

function importPower(call: OperatorCall): Node {
  const [x, exponent] = [call.tensor(0), call.tensor(1)];
  const known = call.known(1);
  if (known?.every((value) => value === known[0])) {
    const shape = broadcastShapes("Pow", x.shape, exponent.shape);
    return broadcastTo(power(x, known[0]), shape);
  }
  return exp(mul(exponent, log(x)));
}

/** Slopes are [C, 1, 1] or whatever else broadcasts. */
function importPRelu(call: OperatorCall): Node {
  const [x, slope] = [call.tensor(0), call.tensor(1)];
  return sub(relu(x), mul(slope, relu(neg(x))));
}

/** Where the condition is known, a choice is a sum of products with 0 and 1. */
function importWhere(call: OperatorCall): Node {
  const condition = call.frozen(0, "conditions");
  const [a, b] = [call.tensor(1), call.tensor(2)];
  // An infinite constant, as masks of attention have, would give 0 · ∞.
  const finite = (node: Node): Node => (node.op === "constant" ? clip(node, -1e30, 1e30) : node);
  return add(mul(condition, finite(a)), mul(sub(1, condition), finite(b)));
}

function importGelu(call: OperatorCall): Node {
  const approximate = call.string("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh") {
    throw call.refusal(`approximate must be none or tanh; got "${approximate}"`);
  }
  return gelu(call.tensor(0), { approximate });
}

function importCast(call: OperatorCall): Node {
  const to = call.int("to", 1);
  if (floatTypes.has(to) || call.kindOf(0) !== "float") return call.tensor(0);
  throw call.refusal(
    `numbers that depend on the pictures must stay real; got a cast to ONNX type ${to}`,
  );
}

/** float32, float16, float64, bfloat16. */
export const floatTypes: ReadonlySet<number> = new Set([1, 10, 11, 16]);

/** Mean of operands: their sum divided by how many there are. */
const importMean: ImportRule = (call) => div(folded(add)(call) as Node, call.count);

export const elementwiseRules: Readonly<Record<string, ImportRule>> = {
  Add: binary(add),
  Sub: binary(sub),
  Mul: binary(mul),
  Div: binary(div),
  Pow: importPower,
  Sum: folded(add),
  Mean: importMean,
  Max: folded(maximum),
  Min: folded(minimum),
  Neg: unary(neg),
  Abs: unary(abs),
  Exp: unary(exp),
  Log: unary(log),
  Sqrt: unary(sqrt),
  Reciprocal: unary((x) => div(1, x)),
  Erf: unary(erf),
  Relu: unary(relu),
  LeakyRelu: (call) => leakyRelu(call.tensor(0), call.float("alpha", 0.01)),
  PRelu: importPRelu,
  Clip: (call) => clip(call.tensor(0), bound(call, 1, "min"), bound(call, 2, "max")),
  Sigmoid: unary(sigmoid),
  HardSigmoid: (call) =>
    hardSigmoid(call.tensor(0), {
      alpha: call.float("alpha", 0.2),
      beta: call.float("beta", 0.5),
    }),
  HardSwish: unary(hardSwish),
  Tanh: unary(tanh),
  Softplus: unary(softplus),
  Softsign: unary(softsign),
  Mish: unary(mish),
  Elu: (call) => elu(call.tensor(0), call.float("alpha", 1)),
  Celu: (call) => celu(call.tensor(0), call.float("alpha", 1)),
  Selu: (call) =>
    selu(call.tensor(0), {
      alpha: call.float("alpha", 1.6732632423543772),
      gamma: call.float("gamma", 1.0507009873554805),
    }),
  Gelu: importGelu,
  Where: importWhere,
  Cast: importCast,
  CastLike: unary((x) => x),
  Identity: unary((x) => x),
  Dropout: importDropout,
};

function importDropout(call: OperatorCall): readonly Node[] {
  const isTraining = call.optional(2) !== undefined && call.numbers(2, "training_mode")[0] !== 0;
  if (isTraining) {
    throw call.refusal(
      "must be in the form for inference; got training_mode true",
      "Export the model after model.eval().",
    );
  }
  const x = call.tensor(0);
  // The mask, which nobody reads.
  return [x, reshape(x, x.shape)];
}
