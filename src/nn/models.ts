/** Models by the names that the command line uses. */
import { fullyConnectedHead } from "./head.ts";
import type { Model } from "./model.ts";
import type { ModelOptions } from "./options.ts";
import { smallnet } from "./smallnet.ts";
import { squeezenet } from "./squeezenet.ts";
import { vgg16 } from "./vgg.ts";

const models: Readonly<Record<string, (options: ModelOptions) => Model>> = {
  smallnet,
  squeezenet1_1: squeezenet,
  vgg16,
  vgg16_fc: (options) => vgg16({ ...options, head: fullyConnectedHead }),
};

export const modelNames: readonly string[] = Object.keys(models);

/**
 * The model of that name.
 *
 * @throws {RangeError} When there is none.
 */
export function createModel(name: string, options: ModelOptions): Model {
  const create = models[name];
  if (create === undefined) {
    throw new RangeError(`model: must be one of ${modelNames.join(", ")}; got "${name}".`);
  }
  return create(options);
}
