import assert from "node:assert/strict";
import { test } from "node:test";

import { KEPT_SECONDS, SecondsWindow } from "../src/seconds.js";

test("seconds are laid out oldest first, and a second without votes is nothing", () => {
  const seconds = new SecondsWindow();
  seconds.take([
    [100, { a: 1 }],
    [102, { a: 3, b: 4 }],
  ]);
  assert.deepEqual(seconds.series("a", 103, 5), [0, 1, 0, 3, 0]);
  assert.deepEqual(seconds.series("b", 103, 5), [0, 0, 0, 4, 0]);
  assert.equal(seconds.sum("a", 102, 3), 4);
});

test("the window moves with the clock, without news", () => {
  const seconds = new SecondsWindow();
  seconds.take([[100, { a: 1 }]]);
  assert.deepEqual(seconds.series("a", 101, 2), [1, 0]);
  assert.deepEqual(seconds.series("a", 102, 2), [0, 0]);
});

test("a second told again is replaced", () => {
  const seconds = new SecondsWindow();
  seconds.take([[100, { a: 1 }]]);
  seconds.take([[100, { a: 5 }]]);
  assert.deepEqual(seconds.series("a", 100, 1), [5]);
});

test("seconds that left the window are forgotten", () => {
  const seconds = new SecondsWindow();
  seconds.take([[100, { a: 1 }]]);
  seconds.take([[100 + KEPT_SECONDS, { a: 2 }]]);
  assert.deepEqual(seconds.series("a", 100, 1), [0]);
});
