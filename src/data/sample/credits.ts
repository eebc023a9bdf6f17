/** The texts beside the pictures: what the sample is, and whose icons it is drawn from. */
import type { Credit } from "./iconSets.ts";

export function licenseText(credits: readonly Credit[]): string {
  const entries = credits.map(
    (credit) =>
      `${credit.title}\n` +
      `  Author:   ${credit.author}, ${credit.url}\n` +
      `  Licence:  ${credit.license} (${credit.spdx}), ${credit.licenseUrl}\n`,
  );
  return (
    "The pictures in this folder are drawn from icons of these sets, obtained as npm packages\n" +
    "@iconify-json/*. The icons were changed: turned, mirrored, scaled, recoloured, placed on\n" +
    "drawn backgrounds; the water that some boats came with was removed. Whoever passes the\n" +
    "pictures on keeps this notice.\n\n" +
    entries.join("\n")
  );
}

export function readmeText({
  images,
  seed,
  size,
  about,
  hasBoxes,
}: {
  readonly images: number;
  readonly seed: number;
  readonly size: number;
  readonly about: string;
  /** Whether the pictures of "train" have boxes in place of masks. */
  readonly hasBoxes: boolean;
}): string {
  return (
    "Sample data set of guided-attention\n\n" +
    `${images} drawn pictures of ${size}x${size} pixels, made from seed ${seed}, in the layout of\n` +
    `PASCAL VOC 2012. ${about}\n\n` +
    "  JPEGImages/                   the pictures\n" +
    "  SegmentationClass/            indexed PNG: 0 background, i the class in line i of\n" +
    "                                classes.txt, 255 void\n" +
    (hasBoxes ? "  Annotations/                  boxes, in VOC's XML\n" : "") +
    "  ImageSets/Segmentation/       <split>.txt: one name per line\n" +
    "  ImageSets/Main/               <class>_<split>.txt: 1 tagged, -1 not" +
    `${hasBoxes ? "; train.txt: names" : ""}\n` +
    "  LICENSES.txt                  authors and licences of the icons\n"
  );
}
