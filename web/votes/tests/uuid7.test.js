import assert from "node:assert/strict";
import { test } from "node:test";

import { mintedAt, uuid4, uuid7Maker } from "../src/uuid7.js";

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const all = (byte) => (count) => new Uint8Array(count).fill(byte);

test("an id has the time of the click, the version and the variant", () => {
  for (const byte of [0x00, 0x5a, 0xff]) {
    const id = uuid7Maker({ now: () => 1_700_000_000_123, random: all(byte) })();
    assert.match(id, FORM);
    assert.equal(mintedAt(id), 1_700_000_000_123);
  }
});

test("the published example has its time where RFC 9562 puts it", () => {
  assert.equal(mintedAt("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), 1_645_557_742_000);
});

test("ids of one millisecond, and of a clock that steps back, are all different and in order", () => {
  let calls = 0;
  const make = uuid7Maker({ now: () => 5_000 - Math.floor(calls++ / 1000), random: all(0xff) });
  const ids = Array.from({ length: 9000 }, make);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual([...ids].sort(), ids);
  assert.ok(ids.every((id) => FORM.test(id)));
});

test("a clock that was ahead and is set right takes the ids with it, and the new ones are in order", () => {
  const times = [400_000, 40_000, 40_000, 39_000];
  const make = uuid7Maker({ now: () => times.shift(), random: all(0xff) });
  const [ahead, ...ids] = Array.from({ length: 4 }, make);
  assert.equal(mintedAt(ahead), 400_000);
  assert.deepEqual(ids.map(mintedAt), [40_000, 40_000, 40_000]);
  assert.deepEqual([...ids].sort(), ids);
});

test("a client's id is a UUIDv4", () => {
  assert.match(uuid4(all(0xff)), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(uuid4(all(0)), "00000000-0000-4000-8000-000000000000");
});
