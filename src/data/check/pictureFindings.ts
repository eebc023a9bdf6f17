/** What is wrong with, or unusual about, one picture that can be decoded. */

import { extname } from "node:path";
import { pixelBoxes } from "../boxes.ts";
import type { Box } from "../types.ts";
import { type Finding, finding } from "./finding.ts";
import type { Inspection } from "./inspectPicture.ts";

/** A shorter side in pixels leaves a network's last layers nothing to look at. */
const tinySide = 32;

/** 50 megapixels decode in about a second, each time that a picture is drawn. */
const hugePixels = 50e6;

/** @param canTurn  Whether the picture's mask, if it has one, lies as the upright picture. */
export function pictureFindings(
  boxes: readonly Box[],
  picture: Inspection,
  canTurn: boolean,
): Finding[] {
  const { path: file, upright, orientation, frames } = picture;
  const { width, height } = upright;
  const findings: Finding[] = [];
  const isFixable = isRewritable(picture) && canTurn ? true : undefined;
  const { right, bottom } =
    pixelBoxes(boxes, upright).find(
      (box) => Math.round(box.right) > width || Math.round(box.bottom) > height,
    ) ?? {};
  if (right !== undefined && bottom !== undefined) {
    findings.push(
      finding("box-outside", {
        file,
        reason: `a box ends at (${right}, ${bottom}), outside the ${width}x${height} pixels of the picture`,
        fix: "Give boxes in pixels of the upright picture",
      }),
    );
  }
  if (Math.min(width, height) < tinySide) {
    findings.push(
      finding("picture-tiny", {
        file,
        reason: `the picture is ${width}x${height} pixels`,
        fix: `Use pictures of at least ${tinySide} pixels a side, or leave it out`,
      }),
    );
  }
  if (width * height > hugePixels) {
    findings.push(
      finding("picture-huge", {
        file,
        reason: `the picture is ${width}x${height} pixels, which are decoded each time that it is drawn`,
        fix: "Store it smaller: no network here sees more than some hundred pixels a side",
      }),
    );
  }
  if (orientation > 1) {
    findings.push(
      finding(
        "exif-rotation",
        {
          file,
          reason: `the picture is stored ${turns[orientation] ?? "turned"}, and EXIF says so (orientation ${orientation})`,
          fix: "Nothing for gain, which turns it; store it upright for tools that do not",
        },
        { isFixable },
      ),
    );
  }
  if (picture.isTransparent) {
    findings.push(
      finding(
        "picture-alpha",
        {
          file,
          reason: "the picture has transparent parts, which are seen as white",
          fix: "Put it on the background that you want",
        },
        { isFixable },
      ),
    );
  }
  if (picture.hasManyBits) {
    findings.push(
      finding(
        "picture-16-bit",
        {
          file,
          reason: "the picture has more than 8 bits a channel, of which 8 are seen",
          fix: "Store it with 8 bits, stretched to the range that matters",
        },
        { isFixable },
      ),
    );
  }
  if (picture.isCmyk) {
    findings.push(
      finding(
        "picture-cmyk",
        {
          file,
          reason: "the picture has CMYK colours, which are converted each time that it is drawn",
          fix: "Store it as sRGB",
        },
        { isFixable },
      ),
    );
  }
  if (frames > 1) {
    findings.push(
      finding("picture-animated", {
        file,
        reason: `the picture has ${frames} frames or pages, of which the first is used`,
        fix: "Store the frame that you tagged as a picture of its own",
      }),
    );
  }
  if (!hasRightExtension(picture)) {
    findings.push(
      finding("wrong-extension", {
        file,
        reason: `the file ends in ${extname(file)} and holds ${nameOf(picture.format)}`,
        fix: `Nothing for gain, which looks at the content; rename it for tools that do not`,
      }),
    );
  }
  return findings;
}

/** Whether it can be stored anew under its name without harm. */
function isRewritable(picture: Inspection): boolean {
  const isKnown = ["jpeg", "png", "webp", "tiff"].includes(picture.format);
  return isKnown && picture.frames === 1 && hasRightExtension(picture);
}

/** How EXIF's orientations are stored. */
const turns: Readonly<Record<number, string>> = {
  2: "mirrored",
  3: "upside down",
  4: "upside down and mirrored",
  5: "on its side and mirrored",
  6: "on its side",
  7: "on its side and mirrored",
  8: "on its side",
};

const extensions: Readonly<Record<string, readonly string[]>> = {
  jpeg: [".jpg", ".jpeg"],
  png: [".png"],
  webp: [".webp"],
  gif: [".gif"],
  tiff: [".tif", ".tiff"],
  heif: [".avif", ".heif", ".heic"],
};

function hasRightExtension({ path, format }: Inspection): boolean {
  return extensions[format]?.includes(extname(path).toLowerCase()) ?? false;
}

const nameOf = (format: string): string =>
  format === "heif" ? "HEIF or AVIF" : format === "webp" ? "WebP" : format.toUpperCase();
