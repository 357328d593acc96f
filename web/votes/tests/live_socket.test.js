import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../src/backoff.js";
import { LiveSocket } from "../src/live_socket.js";
import { Clockwork } from "./clockwork.js";

class FakeSocket {
  readyState = 0;
  sent = [];

  opens() {
    this.readyState = 1;
    this.onopen();
  }

  says(message) {
    this.onmessage({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }

  breaks() {
    this.readyState = 3;
    this.onclose?.();
  }

  send(text) {
    this.sent.push(JSON.parse(text).type);
  }

  close() {
    this.readyState = 3;
  }
}

function setUp({ open } = {}) {
  const clock = new Clockwork();
  const [sockets, received, states] = [[], [], []];
  const socket = new LiveSocket({
    url: "wss://test",
    open: open ?? (() => sockets[sockets.push(new FakeSocket()) - 1]),
    backoff: new Backoff({ base: 100, cap: 1000, random: () => 1 }),
    timers: clock,
    receive: (message) => received.push(message),
    changed: (state) => states.push(state),
  });
  socket.start();
  return { clock, socket, sockets, received, states };
}

test("it says hello and hands on what comes, but for pongs and noise", () => {
  const { sockets, received } = setUp();
  sockets[0].opens();
  assert.deepEqual(sockets[0].sent, ["hello"]);
  for (const message of [{ type: "totals", version: 1 }, { type: "pong" }, "not JSON", "null", { no: "type" }]) {
    sockets[0].says(message);
  }
  assert.deepEqual(received, [{ type: "totals", version: 1 }]);
});

test("a connection that breaks comes back, later and later, and says hello again", async () => {
  const { clock, sockets, states } = setUp();
  sockets[0].opens();
  sockets[0].breaks();
  await clock.pass(100);
  assert.equal(sockets.length, 2);
  sockets[1].breaks();
  await clock.pass(199);
  assert.equal(sockets.length, 2);
  await clock.pass(1);
  sockets[2].opens();
  assert.deepEqual(sockets[2].sent, ["hello"]);
  assert.deepEqual(states, ["connecting", "open", "closed", "connecting", "closed", "connecting", "open"]);
});

test("a connection that brought something is missed only briefly when it breaks", async () => {
  const { clock, sockets } = setUp();
  for (let broken = 0; broken < 4; broken += 1) {
    sockets[broken].opens();
    sockets[broken].says({ type: "totals" });
    sockets[broken].breaks();
    await clock.pass(100);
  }
  assert.equal(sockets.length, 5);
});

test("a server that lets everybody in and says nothing is left, with growing waits", async () => {
  const { clock, sockets } = setUp();
  sockets[0].opens();
  await clock.pass(10_000);
  assert.equal(sockets[0].readyState, 3);
  await clock.pass(100);
  sockets[1].opens();
  await clock.pass(10_000 + 199);
  assert.equal(sockets.length, 2);
});

test("a silent connection is asked for the totals, and left when it does not answer", async () => {
  const { clock, sockets, received } = setUp();
  sockets[0].opens();
  sockets[0].says({ type: "totals" });
  await clock.pass(25_000);
  assert.deepEqual(sockets[0].sent, ["hello", "hello"]);
  sockets[0].says({ type: "totals", version: 2 });
  assert.deepEqual(received.at(-1), { type: "totals", version: 2 });
  await clock.pass(25_000 + 9_999);
  assert.equal(sockets[0].readyState, 1);
  await clock.pass(1);
  assert.equal(sockets[0].readyState, 3);
});

test("a connection that never opens is given up", async () => {
  const { clock, sockets } = setUp();
  await clock.pass(8_100);
  assert.equal(sockets.length, 2);
});

test("stopped, it stays stopped and leaves no timer", async () => {
  const { clock, socket, sockets } = setUp();
  sockets[0].opens();
  socket.stop();
  await clock.pass(60_000);
  assert.equal(sockets.length, 1);
  assert.equal(clock.waiting, 0);
  socket.start();
  assert.equal(sockets.length, 2);
});

test("started again while it waits, it connects at once and only once", async () => {
  const { clock, socket, sockets } = setUp();
  sockets[0].breaks();
  socket.start();
  socket.start();
  assert.equal(sockets.length, 2);
  await clock.pass(1000);
  assert.equal(sockets.length, 2);
});

test("a browser that forbids the connection is asked again, with growing waits", async () => {
  let asked = 0;
  const forbid = () => {
    asked += 1;
    throw new DOMException("insecure", "SecurityError");
  };
  const { clock } = setUp({ open: forbid });
  await clock.pass(300);
  assert.equal(asked, 3);
});
