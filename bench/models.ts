/** The models that are timed, with the heads that steps.py has too. */
import { globalAveragePool } from "../src/graph/index.ts";
import { createModel, type Head, importOnnx, type Model, vgg16 } from "../src/nn/index.ts";

/** VOC's for VGG16, voc-animals' for the others. */
export const classesOf = (model: string): number => (model.startsWith("vgg16") ? 20 : 5);

/** A 3x3 convolution to 1024 channels, global average pooling and a linear layer. */
const wideHead: Head = (net, features, classes) =>
  net.head(() =>
    net.dense("fc", globalAveragePool(net.conv("conv6", features, 1024)), classes, {
      activation: "none",
    }),
  );

/** @param name  Of a model, or an ONNX file. */
export function timedModel(name: string): Model {
  const classes = classesOf(name);
  if (name.endsWith(".onnx")) return importOnnx(name, { classes });
  return name === "vgg16"
    ? vgg16({ classes, head: wideHead })
    : createModel(name, { classes, inputSize: 224 });
}
