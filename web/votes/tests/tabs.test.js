import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../src/outbox.js";
import { MemoryStorage } from "../src/storage.js";
import { Tabs } from "../src/tabs.js";
import { settled } from "./clockwork.js";

const vote = (id) => ({ vote_id: id, candidate: "kinoko", client_id: "me" });

/** The Web Locks of one browser: exclusive, first come first served, and freed when a tab is gone. */
class Browser {
  storage = new MemoryStorage();
  #queues = new Map();

  open(name) {
    const tab = { name, woken: 0, outbox: new Outbox(this.storage, name) };
    const request = (lock, work) => this.#request(name, lock, work);
    tab.tabs = new Tabs({ locks: { request }, outbox: tab.outbox, inherited: () => (tab.woken += 1) });
    tab.tabs.live();
    tab.tabs.watch();
    return tab;
  }

  close({ name }) {
    for (const [lock, queue] of this.#queues) {
      const [held] = queue;
      this.#queues.set(lock, queue.filter(({ owner }) => owner !== name));
      if (held?.owner === name) this.#grant(lock);
    }
  }

  #request(owner, lock, work) {
    const queue = this.#queues.get(lock) ?? [];
    this.#queues.set(lock, queue);
    if (queue.push({ owner, work }) === 1) this.#grant(lock);
  }

  async #grant(lock) {
    const [held] = this.#queues.get(lock);
    if (!held) return;
    await held.work();
    const queue = this.#queues.get(lock);
    if (queue[0] !== held) return;
    queue.shift();
    this.#grant(lock);
  }
}

test("nobody takes the votes of a tab that lives", async () => {
  const browser = new Browser();
  const one = browser.open("one");
  one.outbox.put(vote("1"));
  const other = browser.open("other");
  await settled();
  assert.deepEqual(other.outbox.waiting(), []);
  assert.equal(other.woken, 0);
});

test("when a tab is gone exactly one of the others takes its votes, at once", async () => {
  const browser = new Browser();
  const tabs = ["one", "two", "three"].map((name) => browser.open(name));
  tabs[0].outbox.put(vote("1"));
  for (const { tabs: watcher } of tabs) watcher.watch();
  browser.close(tabs[0]);
  await settled();
  const waiting = tabs.slice(1).map(({ outbox }) => outbox.waiting().length);
  assert.deepEqual(waiting.sort(), [0, 1]);
});

test("a tab opened after the others were closed takes what they left", async () => {
  const browser = new Browser();
  const gone = browser.open("gone");
  gone.outbox.put(vote("1"));
  browser.close(gone);
  const next = browser.open("next");
  await settled();
  assert.deepEqual(next.outbox.waiting(), [vote("1")]);
  assert.equal(next.woken, 1);
});

test("watching again while waiting asks for nothing more", async () => {
  const browser = new Browser();
  const one = browser.open("one");
  one.outbox.put(vote("1"));
  const other = browser.open("other");
  for (let time = 0; time < 5; time += 1) other.tabs.watch();
  browser.close(one);
  await settled();
  assert.equal(other.woken, 1);
});

test("a last vote of a tab that is gone, seen only after the others, is taken too", async () => {
  const browser = new Browser();
  const [gone, heir] = [browser.open("gone"), browser.open("heir")];
  gone.outbox.put(vote("1"));
  browser.close(gone);
  heir.tabs.watch();
  await settled();
  gone.outbox.put(vote("2"));
  heir.tabs.watch();
  await settled();
  assert.deepEqual(heir.outbox.waiting(), [vote("1"), vote("2")]);
});

test("without Web Locks a new tab takes what it finds, and nothing of what is made later", () => {
  const storage = new MemoryStorage();
  const old = new Outbox(storage, "old");
  old.put(vote("1"));
  const outbox = new Outbox(storage, "new");
  const tabs = new Tabs({ locks: undefined, outbox, inherited: () => {} });
  tabs.live();
  old.put(vote("2"));
  tabs.watch();
  assert.deepEqual(outbox.waiting(), [vote("1")]);
});
