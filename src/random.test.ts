import { expect, test } from "vitest";
import { Random } from "./random.ts";

const numbers = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => random.uint32());

test("the sequences of seeds never change: runs of older versions can be repeated", () => {
  const random = new Random(1);
  expect(random.state).toEqual([2527132011, 314344336, 2535364964, 2041432039]);
  expect(numbers(random, 4)).toEqual([2442144158, 3238099751, 3819917871, 2104621829]);
  expect(new Random(1).fork("a").uint32()).toBe(2000720190);
  expect(new Random(1).fork("b").uint32()).toBe(1720428220);
});

test("xoshiro128** by its definition from the state 1, 2, 3, 4", () => {
  // rotl(2 · 5, 7) · 9 = 11520; then s₁ = 2 ^ 3 ^ 1 = 0, and so on.
  expect(numbers(new Random([1, 2, 3, 4]), 4)).toEqual([11520, 0, 5927040, 70819200]);
});

test("the low 32 bits of a seed count, negative ones too", () => {
  expect(numbers(new Random(5), 3)).toEqual(numbers(new Random(5 + 2 ** 32), 3));
  expect(numbers(new Random(-1), 3)).toEqual(numbers(new Random(2 ** 32 - 1), 3));
  expect(numbers(new Random(0), 3)).not.toEqual(numbers(new Random(1), 3));
});

test("a saved state goes on where it was saved, through JSON too", () => {
  const random = new Random(3);
  numbers(random, 10);
  const saved = JSON.parse(JSON.stringify(random.state));
  expect(numbers(new Random(saved), 20)).toEqual(numbers(random, 20));
});

test("uniform numbers lie in their range, low end included, with its mean", () => {
  const random = new Random(2);
  const drawn = Array.from({ length: 20_000 }, () => random.uniform(-1, 3));
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...drawn)).toBeLessThan(3);
  // Deviation 4 / √12 / √20000 = 0.008.
  expect(drawn.reduce((total, value) => total + value, 0) / drawn.length).toBeCloseTo(1, 1);
});

test("integers below a count all come, equally often", () => {
  const random = new Random(4);
  const counts = [0, 0, 0, 0, 0];
  for (let i = 0; i < 10_000; i++) counts[random.int(5)]++;
  // Deviation √(10000 · 0.2 · 0.8) = 40.
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
});

test("normal numbers have the mean and deviation that are asked for, and are finite", () => {
  const random = new Random(5);
  const drawn = Array.from({ length: 20_000 }, () => random.normal(2, 3));
  const mean = drawn.reduce((total, value) => total + value, 0) / drawn.length;
  const variance = drawn.reduce((total, value) => total + (value - mean) ** 2, 0) / drawn.length;
  expect(Math.abs(mean - 2)).toBeLessThan(0.1);
  expect(Math.abs(Math.sqrt(variance) - 3)).toBeLessThan(0.1);
  expect(drawn.every(Number.isFinite)).toBe(true);
});

test("forks differ by label and do not disturb what they come from", () => {
  const random = new Random(6);
  const forks = ["sampler", "parameters", "", "a", "b", "ab", "ba", 0, 1].map((label) =>
    numbers(random.fork(label), 4).join(),
  );
  expect(new Set(forks).size).toBe(forks.length);
  expect(numbers(random, 4)).toEqual(numbers(new Random(6), 4));
});

test("a fork depends on the seed and on nothing that its siblings did", () => {
  const first = new Random(7).fork("b");
  const parent = new Random(7);
  numbers(parent.fork("a"), 100);
  expect(numbers(parent.fork("b"), 4)).toEqual(numbers(first, 4));
  expect(numbers(new Random(8).fork("b"), 4)).not.toEqual(numbers(new Random(7).fork("b"), 4));
});

test("shuffling permutes in place, and every order comes", () => {
  const random = new Random(9);
  const items = Array.from({ length: 50 }, (_, i) => i);
  const shuffled = random.shuffle(items);
  expect(shuffled).toBe(items);
  expect(shuffled).not.toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect([...shuffled].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  const orders = Array.from({ length: 200 }, () => random.shuffle([1, 2, 3]).join());
  expect(new Set(orders).size).toBe(6);
});

test("a pick is one of the items, and each is picked", () => {
  const random = new Random(10);
  const picked = Array.from({ length: 100 }, () => random.pick(["a", "b", "c"]));
  expect(new Set(picked)).toEqual(new Set(["a", "b", "c"]));
});
