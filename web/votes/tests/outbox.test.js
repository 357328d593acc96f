import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../src/outbox.js";
import { MemoryStorage, siteStorage } from "../src/storage.js";

const vote = (id, candidate = "kinoko") => ({ vote_id: id, candidate, client_id: "me" });
const ids = (votes) => votes.map(({ vote_id: id }) => id);

class FullStorage extends MemoryStorage {
  setItem() {
    throw new DOMException("no room", "QuotaExceededError");
  }
}

test("votes wait in the order of the clicks", () => {
  const outbox = new Outbox(new MemoryStorage(), "one");
  for (const id of ["3", "1", "2"]) outbox.put(vote(id));
  assert.deepEqual(outbox.waiting(), [vote("1"), vote("2"), vote("3")]);
});

test("a tab sends its own votes, and those of another only when it has inherited them", () => {
  const storage = new MemoryStorage();
  const [one, other] = [new Outbox(storage, "one"), new Outbox(storage, "other")];
  one.put(vote("a"));
  other.put(vote("b"));
  assert.deepEqual([ids(one.waiting()), ids(other.waiting())], [["a"], ["b"]]);
  assert.deepEqual(other.otherTabs(), ["one"]);
  other.inherit("one");
  assert.deepEqual(other.waiting(), [vote("a"), vote("b")]);
  assert.deepEqual(new Outbox(storage, "third").otherTabs(), ["other"]);
});

test("a tab that is gone leaves its count, and inheriting twice counts once", () => {
  const storage = new MemoryStorage();
  const gone = new Outbox(storage, "gone");
  for (const id of ["1", "2"]) gone.put(vote(id));
  gone.acknowledged(vote("1"));
  const heir = new Outbox(storage, "heir");
  assert.deepEqual(heir.otherTabs(), ["gone"]);
  for (let time = 0; time < 2; time += 1) heir.inherit("gone");
  assert.deepEqual(heir.summary(), { mine: { kinoko: 2 }, waiting: 1, oldest: "2" });
  assert.deepEqual(heir.otherTabs(), []);
});

test("one's own votes are those of all tabs, acknowledged and waiting, not those refused", () => {
  const storage = new MemoryStorage();
  const [one, other] = [new Outbox(storage, "one"), new Outbox(storage, "other")];
  for (const id of ["1", "2", "3"]) one.put(vote(id));
  other.put(vote("4", "takenoko"));
  one.acknowledged(vote("1"));
  one.remove(vote("2"));
  for (const outbox of [one, other]) {
    assert.deepEqual(outbox.summary(), { mine: { kinoko: 2, takenoko: 1 }, waiting: 2, oldest: "3" });
  }
});

test("a vote acknowledged twice is one vote", () => {
  const outbox = new Outbox(new MemoryStorage(), "one");
  outbox.put(vote("1"));
  outbox.acknowledged(vote("1"));
  outbox.acknowledged(vote("1"));
  assert.deepEqual(outbox.summary(), { mine: { kinoko: 1 }, waiting: 0, oldest: null });
});

test("a browser without room keeps the vote in the page", () => {
  const outbox = new Outbox(new FullStorage(), "one");
  outbox.put(vote("1"));
  assert.deepEqual(outbox.summary(), { mine: { kinoko: 1 }, waiting: 1, oldest: "1" });
  outbox.acknowledged(vote("1"));
  assert.deepEqual(outbox.waiting(), []);
});

test("what cannot be read is removed and stops nothing", () => {
  const storage = new MemoryStorage();
  storage.setItem("votes.outbox.a", "{broken");
  storage.setItem("votes.outbox.b", JSON.stringify({ ...vote("another"), tab: "x" }));
  storage.setItem("votes.outbox.c", JSON.stringify(vote("c")));
  storage.setItem("votes.mine.x", "[broken");
  storage.setItem("votes.mine.y", '{"kinoko": "many"}');
  storage.setItem("somebody.else", "kept");
  const outbox = new Outbox(storage, "one");
  outbox.put(vote("d"));
  assert.deepEqual(outbox.summary(), { mine: { kinoko: 1 }, waiting: 1, oldest: "d" });
  assert.equal(storage.getItem("somebody.else"), "kept");
  assert.equal(storage.getItem("votes.outbox.a"), null);
});

test("a tab whose storage is cleared still sends what was clicked in it", () => {
  const storage = new MemoryStorage();
  const outbox = new Outbox(storage, "one");
  outbox.put(vote("1"));
  storage.removeItem("votes.outbox.1");
  assert.deepEqual(ids(outbox.waiting()), ["1"]);
});

test("only what belongs to the outbox concerns another tab", () => {
  assert.ok(Outbox.concerns(null) && Outbox.concerns("votes.mine.x") && Outbox.concerns("votes.outbox.1"));
  assert.ok(!Outbox.concerns("votes.language") && !Outbox.concerns("theirs"));
});

test("a browser that forbids storage gets memory", () => {
  const page = {
    get localStorage() {
      throw new DOMException("forbidden", "SecurityError");
    },
  };
  assert.ok(siteStorage(page) instanceof MemoryStorage);
  assert.ok(siteStorage({ localStorage: new FullStorage() }).constructor === MemoryStorage);
});
