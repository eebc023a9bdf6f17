import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readIntegerArrays } from "./numpyPickle.ts";

const golden = (name: string): Uint8Array =>
  readFileSync(new URL(`../../../test/golden/cues/${name}`, import.meta.url));

test.for([2, 4])(
  "reads integer arrays of any width and order that Python 3 wrote at protocol %i",
  (protocol) => {
    const arrays = readIntegerArrays(golden(`arrays${protocol}.pickle`));
    const plain = Object.fromEntries(
      [...arrays].map(([key, { shape, values }]) => [key, { shape, values: [...values] }]),
    );
    expect(plain).toEqual({
      int64: { shape: [2, 3], values: [1, -2, 3, 4, 5, 2_000_000_000] },
      big: { shape: [3], values: [1, 256, -70_000] },
      bytes: { shape: [1, 2], values: [0, 255] },
      short: { shape: [2], values: [-3, 300] },
      columns: { shape: [2, 3, 4], values: Array.from({ length: 24 }, (_, i) => i) },
      empty: { shape: [3, 0], values: [] },
    });
  },
);

test("reads what Python 2 wrote, whose strings are bytes", () => {
  const arrays = readIntegerArrays(golden("localization_cues.pickle"));
  expect([...arrays.keys()]).toEqual(["7_labels", "7_cues", "3_labels", "3_cues"]);
  expect(arrays.get("7_cues")).toEqual({
    shape: [3, 3],
    values: Int32Array.of(0, 0, 8, 0, 40, 20, 0, 40, 21),
  });
});

test("refuses all calls but those that make arrays, and runs none", () => {
  expect(() => readIntegerArrays(golden("malicious.pickle"))).toThrow(
    /^it asks for "posix\.system", which is neither a tensor nor a container$/,
  );
});

test("refuses arrays of other numbers, and pickles cut short", () => {
  expect(() => readIntegerArrays(golden("floats.pickle"))).toThrow('it holds an array of "f8"');
  const whole = golden("arrays4.pickle");
  for (const length of [0, 1, 40, whole.length - 1]) {
    expect(() => readIntegerArrays(whole.subarray(0, length))).toThrow("its pickle ends early");
  }
});

test("refuses an array with another number of bytes than its shape, and what is no dict", () => {
  const bytes = Uint8Array.from(golden("localization_cues.pickle"));
  // The first array's shape (1) becomes (2).
  const at = Buffer.from(bytes).indexOf(Buffer.from("(K\x01J\x01", "latin1")) + 4;
  bytes[at] = 2;
  expect(() => readIntegerArrays(bytes)).toThrow("it gives 8 bytes to an array of 2 elements");
  expect(() => readIntegerArrays(Uint8Array.of(0x80, 2, 0x5d, 0x2e))).toThrow("it is no dict");
  expect(() => readIntegerArrays(Uint8Array.from(Buffer.from("}U\x01aK\x01s.", "latin1")))).toThrow(
    'its value of "a" is no array',
  );
});
