import assert from "node:assert/strict";
import { test } from "node:test";

import { Race } from "../src/race.js";

function raced(...counts) {
  let time = 1_000;
  const race = new Race(() => (time += 1_000));
  for (const [a, b, round = 1] of counts) race.take({ a, b }, round);
  const { leader, margin, changes, since } = race;
  return { leader, margin, changes, since };
}

test("before the first vote nobody leads, and no time begins", () => {
  assert.deepEqual(raced([0, 0]), { leader: null, margin: 0, changes: 0, since: null });
});

test("who has more leads by the difference", () => {
  assert.deepEqual(raced([3, 10]), { leader: "b", margin: 7, changes: 0, since: 2_000 });
});

test("each time that the other takes the lead is a change", () => {
  assert.equal(raced([1, 0], [1, 2], [3, 2], [4, 2]).changes, 2);
});

test("a draw is not a change, and neither is the lead that comes back after it", () => {
  assert.deepEqual(raced([1, 0], [1, 1], [2, 1]), { leader: "a", margin: 1, changes: 0, since: 2_000 });
  assert.equal(raced([1, 0], [1, 1], [1, 2]).changes, 1);
  assert.equal(raced([1, 0], [1, 1]).leader, null);
});

test("fewer votes than before are another vote, whose changes count from zero", () => {
  assert.deepEqual(raced([1, 0], [1, 2], [0, 0]), { leader: null, margin: 0, changes: 0, since: null });
  assert.deepEqual(raced([1, 0], [1, 2], [1, 0]), { leader: "a", margin: 1, changes: 0, since: 3_000 });
});

test("another round begins from zero, however many votes it has when it is first seen", () => {
  assert.deepEqual(raced([1, 0], [1, 2], [9, 0, 2]), { leader: "a", margin: 9, changes: 0, since: 3_000 });
});
