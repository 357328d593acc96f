import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff, retryAfter } from "../src/backoff.js";

test("waits grow twofold up to the cap, and begin again after a success", () => {
  const backoff = new Backoff({ base: 100, cap: 1000, random: () => 1 });
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => backoff.next()), [100, 200, 400, 800, 1000, 1000]);
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test("chance spreads the waits, and none of them is nothing", () => {
  const soonest = new Backoff({ base: 100, cap: 1000, random: () => 0 });
  assert.deepEqual([soonest.next(), soonest.next(), soonest.next()], [25, 25, 25]);
});

test("a crowd that the server sent away for two seconds comes back after them, and not all at once", () => {
  const waits = [0, 0.5, 0.99].map((chance) => new Backoff({ base: 500, cap: 9000, random: () => chance }).next(2000));
  assert.ok(waits.every((wait) => wait > 2000));
  assert.equal(new Set(waits).size, 3);
});

test("Retry-After is in seconds or a date, and anything else is no wait", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(retryAfter("7", now), 7000);
  assert.equal(retryAfter("Thu, 01 Jan 2026 00:00:30 GMT", now), 30_000);
  assert.equal(retryAfter("Thu, 01 Jan 2025 00:00:30 GMT", now), 0);
  for (const header of [null, "", "soon", "-5"]) assert.equal(retryAfter(header, now), 0);
});
