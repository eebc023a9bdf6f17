import { expect, test } from "vitest";
import type { MapsResult } from "../evaluate/evaluateJson.ts";
import { blankNotes } from "./mapNotes.ts";

const counts = { maps: 4, blank: 0, notFinite: 0 };
const noBlank = {
  ...counts,
  perClass: { cat: { ...counts, maps: 3 }, dog: { ...counts, maps: 1 } },
  meanScoreOfBlank: null,
  firstBlank: null,
  firstNotFinite: null,
};

const result = (method: string): MapsResult => ({
  ...{ method, layer: "conv6", step: 6, seed: 0, pictures: 4, blank: noBlank },
});

test("sound maps need no note", () => {
  expect(blankNotes([result("grad-cam")])).toEqual([]);
});

test("blank maps are explained by their classes' scores, with what helps", () => {
  const blank = {
    ...noBlank,
    blank: 2,
    perClass: { cat: { maps: 3, blank: 2, notFinite: 0 }, dog: { ...counts, maps: 1 } },
    meanScoreOfBlank: -2.25,
    firstBlank: { id: "a7", class: "cat" },
  };
  const seen = { ...result("grad-cam"), blank };
  expect(blankNotes([seen])).toEqual([
    "Grad-CAM at conv6: 2 of 4 maps are blank (cat 2 of 3), first cat in a7. Their classes' mean score is -2.3: the network does not see the class, and nothing at conv6 speaks for it. Try another layer (--layers; gain layers lists those of a file) or --methods layer-cam, which weighs each place alone.",
  ]);
  const positive = { ...seen, method: "layer-cam", blank: { ...blank, meanScoreOfBlank: 1 } };
  expect(blankNotes([positive])).toEqual([
    "LayerCAM at conv6: 2 of 4 maps are blank (cat 2 of 3), first cat in a7. Though their classes' mean score is 1.0, the layer conv6 as a whole speaks against them: the evidence lies in the biases, or elsewhere in the network. Try another layer (--layers; gain layers lists those of a file).",
  ]);
});

test("maps that are no numbers name the first picture and the cause", () => {
  const blank = { ...noBlank, notFinite: 4, firstNotFinite: { id: "a7", class: "dog" } };
  expect(blankNotes([{ ...result("score-cam"), blank }])).toEqual([
    "Score-CAM at conv6: 4 of 4 maps are NaN or infinite, first dog in a7: the weights have diverged. Train anew with a lower learningRate.",
  ]);
});
