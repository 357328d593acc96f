import assert from "node:assert/strict";
import { test } from "node:test";

import { Announcer } from "../src/view/announcer.js";
import { Painter } from "../src/view/painter.js";
import { Clockwork } from "./clockwork.js";

test("a busy vote is announced now and then, with what is true then", async () => {
  const clock = new Clockwork();
  const written = [];
  const announcer = new Announcer({ write: (text) => written.push(text), timers: clock });
  for (let votes = 1; votes <= 50; votes += 1) announcer.say(() => `${votes} at ${clock.time}`);
  assert.deepEqual(written, ["1 at 0"]);
  await clock.pass(60_000);
  assert.deepEqual(written, ["1 at 0", "50 at 1500"]);
  announcer.say(() => "later");
  assert.equal(written.at(-1), "later");
});

test("a view that asks for more quiet gets it", async () => {
  const clock = new Clockwork();
  const written = [];
  const announcer = new Announcer({ write: (text) => written.push(text), timers: clock, quiet: 10_000 });
  for (let second = 0; second < 20; second += 1) {
    announcer.say(() => `at ${clock.time}`);
    await clock.pass(1_000);
  }
  assert.deepEqual(written, ["at 0", "at 10000", "at 20000"]);
});

class Page extends EventTarget {
  visibilityState = "visible";
}

function painting() {
  const document = new Page();
  const frames = [];
  const drawn = { times: 0 };
  const painter = new Painter({ document, frame: (draw) => frames.push(draw), draw: () => (drawn.times += 1) });
  const frame = () => frames.splice(0).forEach((draw) => draw());
  return { document, painter, frame, drawn };
}

test("many changes are one drawing", () => {
  const { document, painter, frame, drawn } = painting();
  for (let change = 0; change < 100; change += 1) painter.touch();
  frame();
  frame();
  assert.equal(drawn.times, 1);
  painter.touch();
  frame();
  assert.equal(drawn.times, 2);
  document.dispatchEvent(new Event("visibilitychange"));
  frame();
  assert.equal(drawn.times, 2);
});

test("a page out of sight draws nothing, and once when it is seen again", () => {
  const { document, painter, frame, drawn } = painting();
  document.visibilityState = "hidden";
  for (let change = 0; change < 100; change += 1) painter.touch();
  frame();
  assert.equal(drawn.times, 0);
  document.visibilityState = "visible";
  document.dispatchEvent(new Event("visibilitychange"));
  frame();
  assert.equal(drawn.times, 1);
});
