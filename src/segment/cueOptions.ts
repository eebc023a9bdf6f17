/** What cues are made with; the names are those of SEC and GAIN where they have one. */
import { z } from "zod";
import { defaultCueSize } from "../sec/cueGrid.ts";

const share = z.number().min(0).max(1);

export const cueOptionsSchema = z.strictObject({
  size: z.number().int().min(2).default(defaultCueSize).describe("side of the grids, cells"),
  foreground: share
    .default(0.2)
    .describe("objects are where a map is above this share of its maximum"),
  background: z
    .enum(["saliency", "attention"])
    .default("saliency")
    .describe("background is where saliency, or all maps of a picture's tags, are low"),
  backgroundShare: share
    .default(0.1)
    .describe("with saliency: share of a picture's cells that is background"),
  backgroundThreshold: share
    .default(0.01)
    .describe("with attention: background is below this share of each map's maximum"),
  saliencyLayer: z
    .string()
    .optional()
    .describe("layer whose gradient is the saliency; one of about stride 8 by default"),
  scales: z
    .array(z.number().positive())
    .min(1)
    .default([1, 1.5])
    .describe("sizes of the network's input over which maps are averaged, relative to the run's"),
  flip: z.boolean().default(true).describe("average over the mirrored picture, too"),
});

/** Every option, with its default where it was not given. */
export type CueOptions = z.infer<typeof cueOptionsSchema>;

/** The options that are given. */
export type CueOptionsInput = z.input<typeof cueOptionsSchema>;
