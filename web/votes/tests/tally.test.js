import assert from "node:assert/strict";
import { test } from "node:test";

import { Tally, shares } from "../src/tally.js";

const IDS = ["kinoko", "takenoko"];
const totals = (kinoko, takenoko = 0) => ({ kinoko, takenoko });

test("a click shows at once, before any totals are known", () => {
  const tally = new Tally(IDS);
  tally.click("a", "kinoko");
  assert.deepEqual(tally.shown, totals(1));
  assert.equal(tally.known, false);
});

test("totals that came before the click was sent do not hold it", () => {
  const tally = new Tally(IDS);
  tally.click("a", "kinoko");
  tally.snapshot({ version: 1, totals: totals(10) });
  assert.deepEqual(tally.shown, totals(11));
});

test("a vote that the totals have come to hold is not shown on top of them", () => {
  const tally = new Tally(IDS);
  tally.snapshot({ version: 1, totals: totals(10) });
  tally.click("a", "kinoko");
  tally.sending("a");
  tally.snapshot({ version: 2, totals: totals(11) });
  tally.accepted("a");
  assert.deepEqual(tally.shown, totals(11));
});

test("totals that do not hold the vote yet do not take it back", () => {
  const tally = new Tally(IDS);
  tally.snapshot({ version: 1, totals: totals(10) });
  tally.click("a", "kinoko");
  tally.sending("a");
  tally.accepted("a");
  tally.snapshot({ version: 2, totals: totals(10, 5) });
  assert.deepEqual(tally.shown, totals(11, 5));
});

test("other people's votes show on top of votes that are known not to be counted", () => {
  const tally = new Tally(IDS);
  tally.snapshot({ version: 1, totals: totals(10) });
  tally.click("a", "kinoko");
  tally.sending("a");
  tally.turnedAway("a");
  tally.snapshot({ version: 2, totals: totals(20) });
  assert.deepEqual(tally.shown, totals(21));
});

test("a refused vote is taken away again, and only once", () => {
  const tally = new Tally(IDS);
  tally.snapshot({ version: 1, totals: totals(10) });
  tally.click("a", "kinoko");
  tally.sending("a");
  tally.refused("a");
  tally.refused("a");
  tally.refused("of an earlier page");
  assert.deepEqual(tally.shown, totals(10));
});

test("older totals are dropped", () => {
  const tally = new Tally(IDS);
  assert.equal(tally.snapshot({ version: 7, totals: totals(10) }), true);
  assert.equal(tally.snapshot({ version: 6, totals: totals(99) }), false);
  assert.deepEqual(tally.shown, totals(10));
  assert.equal(tally.version, 7);
});

test("a new round begins at its own totals, whatever its version, and keeps a click that nobody has sent yet", () => {
  const tally = new Tally(IDS);
  tally.snapshot({ round: 1, version: 900, totals: totals(10, 4) });
  tally.click("under way", "kinoko");
  tally.sending("under way");
  tally.click("waiting", "takenoko");
  assert.equal(tally.snapshot({ round: 2, version: 0, totals: totals(0) }), true);
  assert.deepEqual(tally.shown, totals(0, 1));
  tally.refused("under way");
  tally.refused("waiting");
  assert.deepEqual(tally.shown, totals(0));
});

test("totals of an earlier round are dropped", () => {
  const tally = new Tally(IDS);
  tally.snapshot({ round: 2, version: 1, totals: totals(1) });
  assert.equal(tally.snapshot({ round: 1, version: 900, totals: totals(99) }), false);
  assert.deepEqual(tally.shown, totals(1));
});

test("a click before the first totals is kept whatever round they are of", () => {
  const tally = new Tally(IDS);
  tally.click("a", "kinoko");
  tally.sending("a");
  tally.snapshot({ round: 3, version: 1, totals: totals(0) });
  assert.deepEqual(tally.shown, totals(1));
});

test("a candidate without votes and one that is not ours do not disturb the count", () => {
  const tally = new Tally(IDS);
  tally.snapshot({ version: 1, totals: { kinoko: 3, somebody: 9 } });
  assert.deepEqual(tally.shown, totals(3));
});

test("whatever is sent, lost, retried and told late, no number jumps back and the end is exact", () => {
  for (let seed = 1; seed <= 300; seed += 1) simulate(random(seed));
});

/** One page and a server that both live through a random history; the truth is what the server holds in the end. */
function simulate(chance) {
  const tally = new Tally(IDS);
  const server = new Set();
  const counted = () => ({ kinoko: sum("kinoko"), takenoko: sum("takenoko") });
  const sum = (candidate) => [...server].filter((vote) => vote.startsWith(candidate)).length;
  const outbox = [];
  const news = [];
  let [version, clicks, others] = [0, 0, 0];
  let before = tally.shown;
  const check = () => {
    for (const id of IDS) assert.ok(tally.shown[id] >= before[id], "a number jumped back");
    before = tally.shown;
  };
  const act = [
    () => {
      const vote = { id: `${IDS[clicks % 2]}-mine-${clicks++}`, unsure: false };
      outbox.push(vote);
      const [shown] = [tally.shown];
      tally.click(vote.id, vote.id.split("-")[0]);
      assert.equal(tally.shown[vote.id.split("-")[0]], shown[vote.id.split("-")[0]] + 1, "a click did not show");
    },
    () => server.add(`${IDS[Math.floor(chance() * 2)]}-other-${others++}`),
    () => news.push({ version: ++version, totals: counted() }),
    () => news.length && tally.snapshot(news.splice(Math.floor(chance() * Math.min(3, news.length)), 1)[0]),
    () => outbox.length && attempt(outbox[0]),
    () => outbox.length && attempt(outbox[Math.floor(chance() * outbox.length)]),
  ];
  function attempt(vote) {
    tally.sending(vote.id);
    // What the server tells between sending and answer may or may not hold the vote.
    const fate = chance();
    if (fate < 0.3) {
      if (!vote.unsure) tally.turnedAway(vote.id);
      return;
    }
    if (fate < 0.6) server.add(vote.id);
    if (fate < 0.75) {
      vote.unsure = true; // the answer is lost, or the request was
      return;
    }
    server.add(vote.id);
    tally.accepted(vote.id);
    outbox.splice(outbox.indexOf(vote), 1);
  }
  for (let step = 0; step < 120; step += 1) {
    act[Math.floor(chance() * act.length)]();
    check();
  }
  while (outbox.length) attempt(outbox[0]);
  tally.snapshot({ version: ++version, totals: counted() });
  check();
  assert.deepEqual(tally.shown, counted());
}

/** A seeded generator (mulberry32): a history that fails can be lived again. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

test("shares add up to a hundred", () => {
  assert.deepEqual(shares({ a: 1, b: 1, c: 1 }), { a: 33.4, b: 33.3, c: 33.3 });
  assert.deepEqual(shares({ a: 2, b: 1 }), { a: 66.7, b: 33.3 });
  assert.deepEqual(shares({ a: 0, b: 7 }), { a: 0, b: 100 });
});

test("while nobody has voted there are no shares", () => {
  assert.deepEqual(shares({ a: 0, b: 0 }), { a: null, b: null });
});

test("a server that has begun again is believed after a few of its totals", () => {
  const tally = new Tally(IDS);
  tally.snapshot({ version: 900, totals: totals(10) });
  const taken = [1, 2, 3, 4, 5, 6].map((version) => tally.snapshot({ version, totals: totals(version) }));
  assert.deepEqual(taken, [false, false, false, false, true, true]);
  assert.deepEqual(tally.shown, totals(6));
});

test("stragglers among newer totals are no new beginning", () => {
  const tally = new Tally(IDS);
  for (let version = 10; version < 60; version += 1) {
    tally.snapshot({ version, totals: totals(version) });
    assert.equal(tally.snapshot({ version: version - 3, totals: totals(0) }), false);
  }
  assert.deepEqual(tally.shown, totals(59));
});
