/** Pictures as people look at them. */
import { resolve } from "node:path";
import { decodePicture, type Picture } from "../data/index.ts";

/** The picture at its own size, but no side longer than 1024 pixels. */
export async function displayPicture(image: string): Promise<Picture> {
  const path = resolve(image);
  const { original } = await decodePicture(path, 1, 1);
  const scale = Math.min(1, 1024 / Math.max(original.width, original.height));
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return decodePicture(path, side(original.width), side(original.height));
}
