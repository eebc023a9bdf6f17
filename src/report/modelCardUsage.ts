/** The part of a model card that a user copies: how to run the ONNX file. */

import type { ModelCard } from "./modelCard.ts";

/** Python, because that is where most ONNX files are run. */
export function usageSection({
  classes,
  inputSize,
  preprocessing: { channels, mean, deviation },
  attention,
}: ModelCard): string {
  const names = attention ? classes : ["background", ...classes];
  const order = channels === "rgb" ? "" : "[:, :, ::-1]";
  const [before, after] = attention
    ? [
        'logits, attention = session.run(["logits", "attention"], {"images": images})',
        [
          "for name, logit, heat in zip(classes, logits[0], attention[0]):",
          "    # heat: [h, w], 1 where the class was seen most",
          "    print(name, 1 / (1 + np.exp(-logit)), heat.shape)",
        ],
      ]
    : [
        '(masks,) = session.run(["masks"], {"images": images})',
        [
          "# masks[0]: a label for each pixel of the stretched picture",
          "for label, name in enumerate(classes):",
          "    print(name, (masks[0] == label).mean())",
        ],
      ];
  const code = [
    "import numpy as np",
    "import onnxruntime as ort",
    "from PIL import Image",
    "",
    `classes = ${pythonList(names)}`,
    `picture = Image.open("photo.jpg").convert("RGB").resize((${inputSize}, ${inputSize}), Image.BILINEAR)`,
    `pixels = np.asarray(picture, np.float32)${order}`,
    `pixels = (pixels - np.float32([${mean.join(", ")}])) / np.float32([${deviation.join(", ")}])`,
    "images = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])",
    "",
    'session = ort.InferenceSession("model.onnx")',
    before,
    ...after,
  ];
  return `\`model.onnx\` runs in plain ONNX Runtime:\n\n\`\`\`python\n${code.join("\n")}\n\`\`\`\n\n\`gain export RUN --preprocess --out FILE.onnx\` writes a file that takes RGB values of 0 to 255 as they are.`;
}

/** A list of texts in Python: JSON's escapes are Python's. */
const pythonList = (items: readonly string[]): string =>
  `[${items.map((item) => JSON.stringify(item)).join(", ")}]`;
