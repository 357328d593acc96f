import assert from "node:assert/strict";
import { test } from "node:test";

import { readConfig } from "../src/config.js";
import { contrast, inkOn, luminance } from "../src/contrast.js";
import { ServerClock } from "../src/server_clock.js";
import { readSnapshot } from "../src/snapshot.js";

const candidate = (id) => ({ id, labels: { en: id }, color: { light: "#a83a22", dark: "#fff" }, picture: `${id}.svg` });
const config = (changes = {}) => ({
  api_url: "https://api.test/prod/",
  socket_url: "wss://socket.test/prod",
  candidates: [candidate("a"), candidate("b")],
  ...changes,
});

test("a sound configuration is taken, without the slash that would double", () => {
  assert.equal(readConfig(config()).apiUrl, "https://api.test/prod");
});

test("a configuration that the page could not work with is refused with its reason", () => {
  const broken = [
    [null, /api_url/],
    [config({ api_url: "javascript:alert(1)" }), /api_url/],
    [config({ socket_url: "https://socket.test" }), /socket_url/],
    [config({ candidates: [candidate("a")] }), /two/],
    [config({ candidates: [candidate("a"), candidate("a")] }), /same id/],
    [config({ candidates: [candidate("a"), candidate("B c")] }), /id is/],
    [config({ candidates: [candidate("a"), { ...candidate("b"), labels: {} }] }), /no label/],
    [config({ candidates: [candidate("a"), { ...candidate("b"), picture: "../x.svg" }] }), /picture/],
    [config({ candidates: [candidate("a"), { ...candidate("b"), color: { light: "red", dark: "#fff" } }] }), /colour/],
    [config({ candidates: [candidate("a"), { ...candidate("b"), color: undefined }] }), /colour/],
  ];
  for (const [value, reason] of broken) assert.throws(() => readConfig(value), { name: "TypeError", message: reason });
});

test("contrast is that of WCAG, and the ink is the one that reads better", () => {
  assert.equal(contrast("#000", "#ffffff"), 21);
  assert.equal(luminance("#fff"), 1);
  assert.equal(luminance("#010101").toFixed(6), "0.000304");
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
  assert.equal(inkOn("#a83a22"), "#ffffff");
  assert.equal(inkOn("#ffe08a"), "#1b120b");
});

const snapshot = { round: 2, state: "frozen", totals: { a: 1 }, version: 2, seconds: [[100, { a: 1 }]], online: 3, at: 100_000 };

test("totals that keep the contract are read, unknown members aside", () => {
  assert.deepEqual(readSnapshot({ type: "totals", ...snapshot }), snapshot);
});

test("a message that breaks the contract is no snapshot", () => {
  const broken = [null, {}, "x", { totals: { a: -1 } }, { totals: null }, { version: "2" }, { version: 1.5 }, { round: 0.5 }, { state: "ajar" }];
  broken.push({ seconds: {} }, { seconds: [[1]] }, { seconds: [["1", {}]] }, { online: NaN }, { at: undefined });
  for (const change of broken) {
    const message = change === null || typeof change === "string" ? change : { ...snapshot, ...change };
    if (change && Object.keys(change).length === 0) continue;
    assert.equal(readSnapshot(message), null, JSON.stringify(change));
  }
});

test("a clock that is plainly wrong is put right by the server's; a slow message is not taken for one", () => {
  const clock = new ServerClock(() => 1_000_000_000);
  clock.heard(1_000_000_000 - 30_000);
  assert.equal(clock.now(), 1_000_000_000);
  clock.heard(1_000_000_000 + 3_600_000);
  assert.equal(clock.now(), 1_003_600_000);
  clock.heard(1_000_000_000);
  assert.equal(clock.now(), 1_000_000_000);
});
