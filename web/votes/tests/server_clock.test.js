import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerClock } from "../src/server_clock.js";

test("a clock that is plainly wrong is corrected, and a little difference is none", () => {
  let device = 1_000_000;
  const clock = new ServerClock(() => device);
  clock.heard(1_030_000);
  assert.equal(clock.now(), 1_000_000);
  clock.heard(640_000);
  assert.equal(clock.now(), 640_000);
  device += 5_000;
  assert.equal(clock.now(), 645_000);
});

test("a time is from a wrong clock when the server was heard and would not come to it in minutes", () => {
  const clock = new ServerClock(() => 10_000_000);
  assert.equal(clock.isHopelesslyAhead(99_000_000), false);
  clock.heard(9_000_000);
  assert.equal(clock.isHopelesslyAhead(10_000_000), true);
  assert.equal(clock.isHopelesslyAhead(9_000_000 + 360_000), false);
});
