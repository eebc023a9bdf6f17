/** Pictures as people look at them. */
import { resolve } from "node:path";
import { decodePicture, type Picture, pictureSize, sizeWithin } from "../data/index.ts";

/** The picture at its own size, but no side longer than 1024 pixels. */
export async function displayPicture(image: string): Promise<Picture> {
  const path = resolve(image);
  const { width, height } = sizeWithin(await pictureSize(path), 1024);
  return decodePicture(path, width, height);
}
