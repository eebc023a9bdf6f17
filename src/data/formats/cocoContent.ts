/** The content of a file of COCO instances, checked. */

import { ProblemError } from "../problem.ts";
import type { RegionShape } from "../types.ts";
import { type AnnotatedObject, type AnnotatedPicture, boxAround } from "./annotated.ts";
import { isListOfNumbers, isRecord, shown } from "./textFile.ts";

interface Category {
  readonly name: string;
  readonly supercategory: unknown;
}

/** One file. */
export interface CocoContent {
  readonly categories: ReadonlyMap<number, Category>;
  readonly pictures: readonly (Omit<AnnotatedPicture, "file" | "split" | "image"> & {
    readonly name: string;
  })[];
}

interface Image {
  readonly name: string;
  readonly entry: string;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly objects: AnnotatedObject[];
}

/**
 * Checks and reads the parsed file.
 *
 * @throws {DataError} When something in it is not as COCO's format has it: the error names the entry.
 */
export function cocoContent(file: string, data: unknown): CocoContent {
  const check = new Checks(file);
  const root = isRecord(data) ? data : check.fail("the file must hold", "an object", data);
  const categories = new Map<number, Category>();
  for (const [i, item] of check.list(root.categories, "categories").entries()) {
    const entry = `category ${i + 1}`;
    const { id, name, supercategory } = check.record(item, entry);
    const number = check.index(id, `${entry}, id`);
    check.isNew(categories, number, entry);
    if (typeof name !== "string" || name.trim() === "") {
      check.fail(`${entry}, name must be`, "a text", name);
    }
    categories.set(number, { name: String(name).trim(), supercategory });
  }
  const images = new Map<unknown, Image>();
  for (const [i, item] of check.list(root.images, "images").entries()) {
    const { id, file_name: name, width, height } = check.record(item, `image ${i + 1}`);
    if (typeof id !== "string") check.index(id, `image ${i + 1}, id`);
    const entry = `image ${shownId(id)}`;
    check.isNew(images, id, entry);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no file's name has.
    if (typeof name !== "string" || !/^[^\0-\x1f]+$/.test(name)) {
      check.fail(`${entry}, file_name must be`, "the name of a file", name);
    }
    images.set(id, {
      ...{ name: String(name), entry, objects: [] },
      width: check.side(width, `${entry}, width`),
      height: check.side(height, `${entry}, height`),
    });
  }
  for (const [i, item] of check.list(root.annotations, "annotations").entries()) {
    const annotation = check.record(item, `annotation ${i + 1}`);
    const entry = `annotation ${"id" in annotation ? shownId(annotation.id) : `number ${i + 1}`}`;
    const image = images.get(annotation.image_id);
    const category = categories.get(annotation.category_id as number);
    if (image === undefined) {
      return check.fail(`${entry}, image_id must be`, "the id of an image", annotation.image_id);
    }
    if (category === undefined) {
      return check.fail(
        `${entry}, category_id must be`,
        "the id of a category",
        annotation.category_id,
      );
    }
    image.objects.push(objectOf(check, entry, category.name, image, annotation));
  }
  return { categories, pictures: [...images.values()] };
}

function shownId(id: unknown): string {
  return typeof id === "number" ? String(id) : shown(id);
}

function objectOf(
  check: Checks,
  entry: string,
  className: string,
  image: Image,
  { segmentation, bbox, iscrowd = 0 }: Readonly<Record<string, unknown>>,
): AnnotatedObject {
  if (![0, 1, false, true, null].includes(iscrowd as number)) {
    check.fail(`${entry}, iscrowd must be`, "0 or 1", iscrowd);
  }
  const shape = shapeOf(check, entry, segmentation);
  const outline = shape?.kind === "polygons" ? boxAround(shape.polygons) : undefined;
  const box = boxOf(check, entry, image, bbox) ?? (outline && cut(outline, image));
  return { entry, className, shape, box, isCrowd: iscrowd === 1 || iscrowd === true };
}

/** Parts with fewer than three points enclose nothing, and are left out. */
function shapeOf(check: Checks, entry: string, value: unknown): RegionShape | undefined {
  if (value === undefined || value === null) return undefined;
  if (isRecord(value)) {
    const { size, counts } = value;
    if (!isListOfNumbers(size) || size.length !== 2) {
      check.fail(`${entry}, segmentation.size must be`, "height and width", size);
    } else if (typeof counts === "string" || isListOfNumbers(counts)) {
      return { kind: "cocoRle", size: [size[0], size[1]], counts };
    }
    check.fail(`${entry}, segmentation.counts must be`, "run lengths or their packed text", counts);
  }
  const polygons: (readonly number[])[] = [];
  for (const [part, points] of check.list(value, `${entry}, segmentation`).entries()) {
    const place = `${entry}, segmentation[${part}]`;
    if (!isListOfNumbers(points)) {
      check.fail(`${place} must be`, "a list of coordinates x, y, x, y, ...", points);
    } else if (points.length % 2 !== 0) {
      check.fail(`${place} must hold`, "an even number of coordinates", points);
    } else if (points.length >= 6) polygons.push(points);
  }
  return polygons.length > 0 ? { kind: "polygons", polygons, unit: "pixels" } : undefined;
}

/** Cut at the picture's edges; undefined if there is none, or it is empty. */
function boxOf(check: Checks, entry: string, image: Image, value: unknown): AnnotatedObject["box"] {
  const { width = Infinity, height = Infinity } = image;
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.length === 0) return undefined;
  if (!isListOfNumbers(value) || value.length !== 4) {
    return check.fail(`${entry}, bbox must be`, "[left, top, width, height] in pixels", value);
  }
  const [x, y, across, down] = value;
  const isInside = x < width && y < height && x + across >= 0 && y + down >= 0;
  if (!isInside || across < 0 || down < 0) {
    const rule = `[left, top, width, height] of a box in the picture's ${width}x${height} pixels`;
    throw check.error(`${entry}, bbox must be ${rule}; got [${value.join(", ")}]`);
  }
  return cut({ left: x, top: y, right: x + across, bottom: y + down }, image);
}

function cut(
  box: NonNullable<AnnotatedObject["box"]>,
  { width = Infinity, height = Infinity }: Image,
): AnnotatedObject["box"] {
  const [left, top] = [Math.max(box.left, 0), Math.max(box.top, 0)];
  const [right, bottom] = [Math.min(box.right, width), Math.min(box.bottom, height)];
  return left < right && top < bottom ? { left, top, right, bottom } : undefined;
}

/** What a file must hold; everything else ends in an error that names it. */
class Checks {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  fail(place: string, rule: string, value: unknown): never {
    throw this.error(`${place} ${rule}; got ${shown(value)}`);
  }

  error(reason: string): ProblemError {
    const fix = "Correct the file, or export it again as COCO instances";
    return new ProblemError(this.#file, reason, fix);
  }

  list(value: unknown, place: string): readonly unknown[] {
    return Array.isArray(value) ? value : this.fail(`${place} must be`, "a list", value);
  }

  record(value: unknown, place: string): Readonly<Record<string, unknown>> {
    return isRecord(value) ? value : this.fail(`${place} must be`, "an object", value);
  }

  index(value: unknown, place: string): number {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    return this.fail(`${place} must be`, "a whole number of at least 0", value);
  }

  /** A width or a height; undefined if it is not stated. */
  side(value: unknown, place: string): number | undefined {
    if (value === undefined || value === null || value === 0) return undefined;
    return this.index(value, place);
  }

  isNew(known: ReadonlyMap<unknown, unknown>, id: unknown, entry: string): void {
    if (known.has(id)) this.fail(`${entry}, id must be`, "different from those before", id);
  }
}
