import assert from "node:assert/strict";
import { test } from "node:test";

import { HeldUp } from "../src/held_up.js";

function setUp() {
  const clock = { time: 0 };
  return { clock, heldUp: new HeldUp({ now: () => clock.time }) };
}

test("votes that are answered soon are not spoken of while the page is live, however many follow one another", () => {
  const { clock, heldUp } = setUp();
  for (let vote = 0; vote < 100; vote += 1) {
    assert.equal(heldUp.count({ waiting: 2, oldest: String(vote) }, true), 0);
    clock.time += 1_000;
  }
});

test("votes that wait are spoken of though the page is live", () => {
  const { clock, heldUp } = setUp();
  heldUp.count({ waiting: 1, oldest: "1" }, true);
  clock.time += 2_000;
  assert.equal(heldUp.count({ waiting: 4, oldest: "1" }, true), 4);
  assert.equal(heldUp.count({ waiting: 0, oldest: null }, true), 0);
});

test("without a connection they are spoken of at once", () => {
  assert.equal(setUp().heldUp.count({ waiting: 3, oldest: "1" }, false), 3);
});
