/** The REST API: what an answer means to a vote, and the totals when no socket can be had. */

import { retryAfter } from "./backoff.js";

const TIMEOUT_MS = 10_000;

export class VotesApi {
  /** @param {{url: string, fetch: typeof fetch, now: () => number}} settings base URL without a slash at its end */
  constructor({ url, fetch, now }) {
    Object.assign(this, { url, fetch, now });
  }

  /**
   * Send a vote once.
   * @returns {Promise<Outcome>} never rejects
   *
   * @typedef {{kind: "accepted"} | {kind: "refused", code: string, message: string}
   *   | {kind: "turned_away", wait: number} | {kind: "unanswered", wait: number}} Outcome
   *  - `accepted`: the server has it;
   *  - `refused`: it never will, whatever one does (400, 409, 413);
   *  - `turned_away`: it was throttled before anybody looked at it (429), come back in `wait` ms;
   *  - `unanswered`: it may or may not have arrived; sending it again is harmless.
   */
  async cast({ vote_id, candidate, client_id }) {
    let answer;
    try {
      answer = await this.fetch(`${this.url}/votes`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ vote_id, candidate, client_id }),
        credentials: "omit",
        keepalive: true, // a vote under way outlives the page that sent it
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      return { kind: "unanswered", wait: 0 };
    }
    if (answer.ok) return { kind: "accepted" };
    const wait = retryAfter(answer.headers.get("Retry-After"), this.now());
    if (answer.status === 429) return { kind: "turned_away", wait };
    if (![400, 409, 413].includes(answer.status)) return { kind: "unanswered", wait };
    const error = (await answer.json().catch(() => ({})))?.error ?? {};
    return { kind: "refused", code: String(error.code ?? answer.status), message: String(error.message ?? "") };
  }

  /** The totals now. Throws when they cannot be had. */
  async totals() {
    const answer = await this.fetch(`${this.url}/totals`, {
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`GET /totals answered ${answer.status}`);
    return answer.json();
  }
}
