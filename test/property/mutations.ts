/** Damage for files: to their bytes, their words, and the values in their JSON. */
import { crc32 } from "node:zlib";
import { readPngChunks, writePngChunks } from "../../src/data/pngChunks.ts";
import type { Random } from "../../src/random.ts";

export type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

/** Flips bits, cuts the end off, or takes out, doubles, moves or overwrites a slice. */
export function damageBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const start = random.int(bytes.length);
  const length = 1 + random.int(Math.min(64, bytes.length));
  const [before, slice] = [bytes.subarray(0, start), bytes.subarray(start, start + length)];
  const rest = bytes.subarray(start + slice.length);
  switch (random.int(7)) {
    case 0:
      return before;
    case 1:
      return Buffer.concat([before, rest]);
    case 2:
      return Buffer.concat([before, slice, slice, rest]);
    case 3:
      return Buffer.concat([rest, slice, before]);
    case 4:
      return Buffer.concat([
        before,
        new Uint8Array(slice.length).fill(random.pick([0, 255])),
        rest,
      ]);
    default: {
      const copy = Uint8Array.from(bytes);
      for (let n = 1 + random.int(4); n > 0; n--) {
        copy[random.int(copy.length)] ^= 1 << random.int(8);
      }
      return copy;
    }
  }
}

/** Puts something hostile in the place of a value of JSON, takes it out, or doubles it. */
export function damageJson(bytes: Uint8Array, random: Random): Uint8Array {
  const root: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const places: { readonly parent: Record<string, unknown>; readonly key: string }[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const parent = value as Record<string, unknown>;
    for (const key of Object.keys(parent)) {
      places.push({ parent, key });
      collect(parent[key]);
    }
  };
  collect(root);
  const { parent, key } = random.pick(places);
  const how = random.int(10);
  if (how === 0) delete parent[key];
  else if (how === 1 && Array.isArray(parent)) parent.push(parent[Number(key)]);
  else if (how === 2) parent[key] = random.pick(places).parent;
  else parent[key] = random.pick(hostileValues);
  return encode(root);
}

/** Puts a hostile word in the place of one, or of several. */
export function damageWords(bytes: Uint8Array, random: Random): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  const words = [...text.matchAll(/[^\s,;|<>[\]{}:"/]+|[,;|<>[\]{}:"/]|\n/g)];
  const { 0: word, index } = random.pick(words);
  const other = random.int(4) === 0 ? random.pick(words)[0] : random.pick(hostileWords);
  return new TextEncoder().encode(text.slice(0, index) + other + text.slice(index + word.length));
}

/** Changes what is in a PNG's chunks and makes their checksums right, so that it is looked at. */
export function damagePng(bytes: Uint8Array, random: Random): Uint8Array {
  const chunks = readPngChunks(bytes);
  const chosen = random.int(chunks.length);
  return writePngChunks(
    chunks.map(({ type, data }, i) => ({
      type,
      data: i === chosen && data.length > 0 ? damageBytes(data, random) : data,
    })),
  );
}

/** A damaged JSON header behind its length, as safetensors has it. */
export function damageHeader(bytes: Uint8Array, random: Random): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const end = 8 + Number(view.getBigUint64(0, true));
  const header = damageJson(bytes.subarray(8, end), random);
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(header.length), true);
  return Buffer.concat([size, header, bytes.subarray(end)]);
}

/** Damages an entry of an uncompressed zip file and makes its checksums right. */
export function damageZipped(bytes: Uint8Array, random: Random): Uint8Array {
  const file = Buffer.from(bytes);
  const starts: number[] = [];
  for (let at = file.indexOf("PK\x03\x04"); at >= 0; at = file.indexOf("PK\x03\x04", at + 4)) {
    starts.push(at);
  }
  const start = random.pick(starts);
  const [size, name, extra] = [
    file.readUInt32LE(start + 18),
    file.readUInt16LE(start + 26),
    file.readUInt16LE(start + 28),
  ];
  const from = start + 30 + name + extra;
  for (let n = 1 + random.int(3); n > 0 && size > 0; n--) {
    file[from + random.int(size)] = random.int(256);
  }
  const sum = crc32 === undefined ? 0 : crc32(file.subarray(from, from + size));
  file.writeUInt32LE(sum, start + 14);
  for (let at = file.indexOf("PK\x01\x02"); at >= 0; at = file.indexOf("PK\x01\x02", at + 4)) {
    if (file.readUInt32LE(at + 42) === start) file.writeUInt32LE(sum, at + 16);
  }
  return file;
}

const deep = "[".repeat(20_000) + "]".repeat(20_000);

const hostileValues: readonly unknown[] = [
  ...[null, true, "", "x", -1, 0, 1, 2, 0.5, -0.5, 254, 255, 1e9, 2 ** 31, 2 ** 53, 1e308, -1e308],
  ...["NaN", "1e9", "\0", "\ud800", "__proto__", "constructor", "../../x", "/", "a".repeat(10_000)],
  ...["0".repeat(400), "PPPPPPPPPPPP", "~~~~~~~~", "%ff", "a\nb", "val", "train"],
  ...[
    [],
    {},
    [[]],
    [{}],
    [null],
    [1e9, 1e9],
    Array(1000).fill(7),
    { length: 1e9 },
    JSON.parse(deep),
  ],
];

const hostileWords: readonly string[] = [
  ...[
    "",
    "-1",
    "0",
    "1",
    "2",
    "7",
    "0.5",
    "-0.5",
    "1.005",
    "1e9",
    "1e308",
    "1e999",
    "nan",
    "inf",
    "-0",
    "0x10",
  ],
  ...[
    "\0",
    "\uFFFD",
    "\u202E",
    "__proto__",
    "..",
    "/",
    "a".repeat(10_000),
    "9".repeat(400),
    "null",
    "~",
  ],
  ...[
    "[",
    "]",
    "{",
    "}",
    ":",
    '"',
    "'",
    "&a",
    "*a",
    "<<",
    "!!js/function",
    "<![CDATA[",
    "<!--",
    "&lt;",
    "&x;",
  ],
  ...[
    "\n",
    "\t",
    "\n\n- ",
    "image",
    "train",
    "val",
    "true",
    "1_000",
    "<object>",
    "</object>",
    deep,
  ],
];

/** JSON of anything but lone surrogates, which UTF-8 has not; `__proto__` stays a key. */
function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(stringify(value));
}

/** As JSON.stringify, which goes no deeper than the stack; what refers to itself is cut. */
function stringify(value: unknown, depth = 0): string {
  if (Array.isArray(value) && value.length === 1 && depth > 50) return deep;
  if (depth > 50) return "null";
  if (Array.isArray(value)) return `[${value.map((item) => stringify(item, depth + 1)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}:${stringify(item, depth + 1)}`,
  );
  return `{${fields.join(",")}}`;
}
