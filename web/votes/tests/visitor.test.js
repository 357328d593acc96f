import assert from "node:assert/strict";
import { test } from "node:test";

import { MemoryStorage } from "../src/storage.js";
import { Visitor } from "../src/visitor.js";

test("a browser votes under one id, at this visit and the next", () => {
  const storage = new MemoryStorage();
  const { client } = new Visitor(storage);
  assert.match(client, /^[0-9a-f-]{36}$/);
  assert.equal(new Visitor(storage).client, client);
  assert.notEqual(new Visitor(new MemoryStorage()).client, client);
});

test("the language chosen is remembered", () => {
  const storage = new MemoryStorage();
  assert.equal(new Visitor(storage).language, null);
  new Visitor(storage).language = "ja";
  assert.equal(new Visitor(storage).language, "ja");
});

test("a browser without room still has an id", () => {
  const full = new MemoryStorage();
  full.setItem = () => {
    throw new DOMException("no room", "QuotaExceededError");
  };
  const visitor = new Visitor(full);
  visitor.language = "ja";
  assert.match(visitor.client, /^[0-9a-f-]{36}$/);
});
