import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../src/backoff.js";
import { Outbox } from "../src/outbox.js";
import { Sender } from "../src/sender.js";
import { MemoryStorage } from "../src/storage.js";
import { Clockwork, settled } from "./clockwork.js";

const vote = (id) => ({ vote_id: id, candidate: "kinoko", client_id: "me" });
const ACCEPTED = { kind: "accepted" };
const UNANSWERED = { kind: "unanswered", wait: 0 };
const EARLY = { kind: "refused", code: "from_the_future", message: "the clock is ahead" };
const turnedAway = (wait) => ({ kind: "turned_away", wait });

/** A sender, its outbox, and an API that answers what the test puts into `answers` (accepting when that is empty). */
function setUp(answers = []) {
  const clock = new Clockwork();
  const outbox = new Outbox(new MemoryStorage(), "tab");
  const [sent, told] = [[], []];
  let under_way = 0;
  const most = { under_way: 0 };
  const api = {
    async cast({ vote_id: id }) {
      sent.push({ id, at: clock.time });
      most.under_way = Math.max(most.under_way, ++under_way);
      await settled(1);
      under_way -= 1;
      return answers.shift() ?? ACCEPTED;
    },
  };
  const backoff = new Backoff({ base: 100, cap: 1000, random: () => 1 });
  const tell = (event, { vote_id: id }) => told.push(`${event} ${id}`);
  const dates = { known: false };
  const redate = (made) => (dates.known ? { ...made, vote_id: `${made.vote_id}-redated` } : null);
  const sender = new Sender({ outbox, api, backoff, timers: clock, tell, redate });
  return { clock, outbox, sender, sent, told, most, dates };
}

async function clicks(parts, ids) {
  for (const id of ids) {
    parts.outbox.put(vote(id));
    parts.sender.wake();
  }
  await parts.clock.pass(0);
}

test("a vote is sent, and then it is one's own and waits no longer", async () => {
  const parts = setUp();
  await clicks(parts, ["1", "2"]);
  assert.deepEqual(parts.sent.map(({ id }) => id), ["1", "2"]);
  assert.deepEqual(parts.outbox.summary(), { mine: { kinoko: 2 }, waiting: 0, oldest: null });
});

test("each vote is under way once, and few are under way together", async () => {
  const parts = setUp();
  await clicks(parts, Array.from({ length: 30 }, (_, index) => String(100 + index)));
  await parts.clock.pass(10);
  assert.equal(new Set(parts.sent.map(({ id }) => id)).size, 30);
  assert.equal(parts.sent.length, 30);
  assert.equal(parts.most.under_way, 4);
});

test("a vote without an answer is sent again, later and later, until it has one", async () => {
  const parts = setUp([UNANSWERED, UNANSWERED, UNANSWERED]);
  await clicks(parts, ["1"]);
  await parts.clock.pass(5000);
  assert.deepEqual(parts.sent.map(({ at }) => at), [0, 100, 300, 700]);
  assert.deepEqual(parts.outbox.summary().mine, { kinoko: 1 });
  assert.deepEqual(parts.outbox.waiting(), []);
});

test("a throttled vote comes back after the time that the server asks for", async () => {
  const parts = setUp([turnedAway(3000)]);
  await clicks(parts, ["1"]);
  await parts.clock.pass(3000);
  assert.equal(parts.sent.length, 1);
  await parts.clock.pass(200);
  assert.equal(parts.sent.length, 2);
  assert.deepEqual(parts.told, ["sending 1", "turned_away 1", "sending 1", "accepted 1"]);
});

test("after a failure one vote tries the way before the others follow", async () => {
  const parts = setUp([UNANSWERED, UNANSWERED, UNANSWERED, UNANSWERED, UNANSWERED]);
  await clicks(parts, ["1", "2", "3", "4", "5", "6"]);
  const before = parts.sent.length;
  await parts.clock.pass(100);
  assert.equal(parts.sent.length, before + 1);
  await parts.clock.pass(5000);
  assert.deepEqual(parts.outbox.waiting(), []);
});

test("a refused vote leaves the outbox, and the next one is sent", async () => {
  const parts = setUp([{ kind: "refused", code: "expired", message: "" }]);
  await clicks(parts, ["1", "2"]);
  await parts.clock.pass(0);
  assert.deepEqual(parts.outbox.waiting(), []);
  assert.deepEqual(parts.outbox.summary().mine, { kinoko: 1 });
  assert.ok(parts.told.includes("refused 1") && parts.told.includes("accepted 2"));
});

test("a vote of a clock that is ahead gets a new id as soon as the right time is known, and counts once", async () => {
  const parts = setUp([EARLY, EARLY, EARLY]);
  await clicks(parts, ["1"]);
  await parts.clock.pass(100);
  assert.deepEqual(parts.sent.map(({ id }) => id), ["1", "1"]);
  assert.deepEqual(parts.outbox.summary(), { mine: { kinoko: 1 }, waiting: 1, oldest: "1" });
  parts.dates.known = true;
  await parts.clock.pass(5000);
  assert.deepEqual(parts.sent.map(({ id }) => id), ["1", "1", "1", "1-redated"]);
  assert.deepEqual(parts.told.slice(-4), ["redated 1-redated", "refused 1", "sending 1-redated", "accepted 1-redated"]);
  assert.deepEqual(parts.outbox.summary(), { mine: { kinoko: 1 }, waiting: 0, oldest: null });
});

test("a vote that may have arrived before is not told as turned away", async () => {
  const parts = setUp([UNANSWERED, turnedAway(0)]);
  await clicks(parts, ["1"]);
  await parts.clock.pass(5000);
  assert.deepEqual(parts.told.filter((event) => !event.startsWith("sending")), ["unanswered 1", "unanswered 1", "accepted 1"]);
});

test("the network's return ends the waiting", async () => {
  const parts = setUp([UNANSWERED]);
  await clicks(parts, ["1"]);
  parts.sender.wake();
  await parts.clock.pass(1);
  assert.equal(parts.sent.length, 1);
  parts.sender.wake({ atOnce: true });
  await parts.clock.pass(1);
  assert.equal(parts.sent.length, 2);
});
