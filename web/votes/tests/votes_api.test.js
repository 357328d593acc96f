import assert from "node:assert/strict";
import { test } from "node:test";

import { VotesApi } from "../src/votes_api.js";

const vote = { vote_id: "1", candidate: "kinoko", client_id: "me" };
const answering = (status, body, headers) => async () => new Response(body && JSON.stringify(body), { status, headers });
const api = (fetch) => new VotesApi({ url: "https://api.test", fetch, now: () => 0 });

test("a vote is posted as the contract says", async () => {
  const calls = [];
  const outcome = await api(async (url, request) => {
    calls.push([url, request.method, JSON.parse(request.body), request.headers, request.keepalive]);
    return new Response("{}", { status: 202 });
  }).cast(vote);
  assert.deepEqual(calls, [["https://api.test/votes", "POST", vote, { "Content-Type": "application/json" }, true]]);
  assert.deepEqual(outcome, { kind: "accepted" });
});

test("400, 409 and 413 are final, and say why", async () => {
  const error = { code: "expired", message: "minted a day ago" };
  assert.deepEqual(await api(answering(400, { error })).cast(vote), { kind: "refused", ...error });
  const closed = { code: "closed", message: "round 2 is closed" };
  assert.deepEqual(await api(answering(409, { error: closed })).cast(vote), { kind: "refused", ...closed });
  assert.deepEqual(await api(answering(413, null)).cast(vote), { kind: "refused", code: "413", message: "" });
});

test("429 turned the vote away, for as long as it says", async () => {
  assert.deepEqual(await api(answering(429, {}, { "Retry-After": "2" })).cast(vote), { kind: "turned_away", wait: 2000 });
});

test("everything else may have arrived: server errors, gateways, a broken connection", async () => {
  for (const status of [403, 404, 500, 502, 503, 504]) {
    assert.deepEqual(await api(answering(status, {})).cast(vote), { kind: "unanswered", wait: 0 });
  }
  const broken = async () => {
    throw new TypeError("Failed to fetch");
  };
  assert.deepEqual(await api(broken).cast(vote), { kind: "unanswered", wait: 0 });
});

test("totals that cannot be had are an error", async () => {
  assert.deepEqual(await api(answering(200, { version: 3 })).totals(), { version: 3 });
  await assert.rejects(api(answering(502, {})).totals(), /502/);
});
