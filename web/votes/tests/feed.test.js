import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../src/backoff.js";
import { Feed } from "../src/feed.js";
import { Clockwork } from "./clockwork.js";

function setUp() {
  const clock = new Clockwork();
  const [received, states] = [[], []];
  const server = { asked: 0, reachable: true };
  const socket = { started: 0, stopped: 0 };
  const feed = new Feed({
    api: {
      async totals() {
        server.asked += 1;
        if (!server.reachable) throw new TypeError("Failed to fetch");
        return { version: server.asked };
      },
    },
    socket: (handlers) => {
      Object.assign(socket, handlers);
      return { start: () => (socket.started += 1), stop: () => (socket.stopped += 1, socket.changed("closed")) };
    },
    pace: new Backoff({ base: 1000, cap: 4000, random: () => 1 }),
    timers: clock,
    receive: (snapshot) => received.push(snapshot),
    changed: (state) => states.push(state),
  });
  feed.start();
  return { clock, feed, server, socket, received, states };
}

test("while the socket is open nobody asks", async () => {
  const { clock, server, socket, received, states } = setUp();
  socket.changed("open");
  socket.receive({ type: "totals", version: 9 });
  socket.receive({ type: "something else" });
  await clock.pass(60_000);
  assert.equal(server.asked, 0);
  assert.deepEqual(received, [{ type: "totals", version: 9 }]);
  assert.deepEqual(states, ["live"]);
});

test("a socket that cannot be had is made up for by asking now and then, until it opens", async () => {
  const { clock, server, socket, received, states } = setUp();
  await clock.pass(3000);
  assert.deepEqual(received, [{ version: 1 }]);
  await clock.pass(2000);
  assert.equal(server.asked, 3);
  socket.changed("open");
  await clock.pass(60_000);
  assert.equal(server.asked, 3);
  assert.deepEqual(states, ["asking", "live"]);
});

test("a server that does not answer is asked less and less often", async () => {
  const { clock, server, states } = setUp();
  server.reachable = false;
  await clock.pass(3000 + 1000 + 2000 + 4000 + 4000);
  assert.equal(server.asked, 5);
  assert.deepEqual(states, ["broken"]);
  server.reachable = true;
  await clock.pass(4000);
  assert.deepEqual(states, ["broken", "asking"]);
});

test("a socket that closes is waited for before anybody asks", async () => {
  const { clock, server, socket, states } = setUp();
  socket.changed("open");
  socket.changed("closed");
  await clock.pass(2999);
  assert.equal(server.asked, 0);
  await clock.pass(1);
  assert.equal(server.asked, 1);
  assert.deepEqual(states, ["live", "connecting", "asking"]);
});

test("a page that nobody looks at neither listens nor asks, and comes back to both", async () => {
  const { clock, feed, server, socket } = setUp();
  await clock.pass(3000);
  feed.stop();
  await clock.pass(60_000);
  assert.equal(server.asked, 1);
  assert.equal(socket.stopped, 1);
  feed.start();
  await clock.pass(3000);
  assert.equal(server.asked, 2);
  assert.equal(socket.started, 2);
});

test("a question under way is not asked again, and its answer is left alone when nobody looks any more", async () => {
  const { clock, feed, server, received } = setUp();
  let answer;
  feed.api.totals = () => {
    server.asked += 1;
    return new Promise((resolve) => (answer = resolve));
  };
  await clock.pass(3000);
  feed.lost();
  feed.back();
  await clock.pass(0);
  assert.equal(server.asked, 1);
  feed.stop();
  answer({ version: 1 });
  await clock.pass(60_000);
  assert.deepEqual(received, []);
  assert.equal(server.asked, 1);
});

test("when the network is gone the socket is given up and both ways are tried anew", async () => {
  const { clock, feed, server, socket, states } = setUp();
  socket.changed("open");
  server.reachable = false;
  feed.lost();
  await clock.pass(0);
  assert.equal(socket.stopped, 1);
  assert.equal(socket.started, 2);
  assert.deepEqual(states, ["live", "connecting", "broken"]);
  server.reachable = true;
  feed.back();
  await clock.pass(0);
  assert.equal(socket.stopped, 2);
  assert.equal(socket.started, 3);
  assert.equal(states.at(-1), "asking");
  socket.changed("open");
  feed.back();
  assert.equal(socket.stopped, 2);
});
