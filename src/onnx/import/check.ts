/** Whether a file can be read at all: what it takes, and which operators it has. */
import { OnnxError, type OnnxNode, type OnnxValue } from "../proto.ts";
import { describe } from "./call.ts";
import { foldRules, importRules, shapeRules } from "./rules/index.ts";

/** @throws {OnnxError} Naming every operator that has no rule. */
export function checkOperators(nodes: readonly OnnxNode[], file: string): void {
  const foreign = nodes.filter(({ op, domain }) => domain !== undefined || !isReadable(op));
  if (foreign.length === 0) return;
  throw new OnnxError(
    `${file}: must consist of operators that can be differentiated; ${foreign.length} cannot be ` +
      `read: ${foreign.map(describe).join(", ")}. ${cureFor(foreign)}`,
  );
}

const tables = [importRules, foldRules, shapeRules];

const isReadable = (op: string): boolean =>
  op === "Constant" || tables.some((table) => Object.hasOwn(table, op));

/** @throws {OnnxError} When the operator set is older than those whose rules stand here. */
export function requireOpset(opset: number, file: string): void {
  const oldest = 11;
  if (opset >= oldest) return;
  throw new OnnxError(
    `${file}: must be of operator set ${oldest} or later; got ${opset}. Export it anew, or convert it with onnx.version_converter.`,
  );
}

/** What to do about operators that cannot be read. */
function cureFor(nodes: readonly OnnxNode[]): string {
  if (nodes.some(({ op }) => /quantize|integer|^qlinear/i.test(op))) {
    return "Use the model before it was quantised.";
  }
  if (nodes.some(({ domain }) => domain?.startsWith("com.microsoft"))) {
    return "Use the model as it was exported, before ONNX Runtime optimised it.";
  }
  return (
    "Export the classifier alone, from pictures to class scores, without what comes before and " +
    "behind it."
  );
}

/**
 * The input that takes pictures.
 *
 * @param given     Inputs that no initializer fills.
 * @param metadata  An architecture without weights names the input there: its weights are inputs, too.
 * @throws {OnnxError} When there is none, or another input beside it.
 */
export function picturesOf(
  given: readonly OnnxValue[],
  metadata: Readonly<Record<string, string>>,
  file: string,
): OnnxValue {
  const named = given.find(({ name }) => name === metadata[picturesKey]);
  if (named !== undefined) return named;
  const [pictures, ...others] = given;
  if (pictures === undefined || others.length > 0 || !arePictures(pictures)) {
    const list = given.map(({ name, shape }) => `"${name}" [${shape.join(", ")}]`);
    throw new OnnxError(
      `${file}: must have one input, of pictures [N, 3, H, W] or [N, H, W, 3]; got ` +
        `${list.length === 0 ? "none" : list.join(", ")}. Export the classifier with its pictures ` +
        "as the only input.",
    );
  }
  return pictures;
}

/** Where the metadata of an architecture without weights names its pictures. */
export const picturesKey = "pictures";

const arePictures = ({ shape }: OnnxValue): boolean =>
  shape.length === 4 && [shape[1], shape[3]].some((dim) => dim === 3 || typeof dim === "string");
