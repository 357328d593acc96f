/**
 * Sends what waits in this tab's outbox, a few votes at a time, until the server has answered each.
 *
 * After a failure it waits with backoff and then tries one vote before it lets the rest follow, so a server in trouble
 * is not met by a crowd.
 */

const AT_ONCE = 4;

export class Sender {
  #sending = new Set();
  #maybeArrived = new Set();
  #probing = false;
  #timer = null;

  /**
   * @param {object} parts
   * @param {import("./outbox.js").Outbox} parts.outbox
   * @param {import("./votes_api.js").VotesApi} parts.api
   * @param {import("./backoff.js").Backoff} parts.backoff
   * @param {{setTimeout: Function, clearTimeout: Function}} parts.timers
   * @param {(event: string, vote: object, outcome?: object) => void} parts.tell
   *   `sending`, `accepted`, `turned_away`, `unanswered`, `refused`, or `redated` for a vote that takes the place of one
   *   that is then told as refused with the code `redated`
   * @param {(vote: object) => object | null} parts.redate the vote under a new id with the right time, or null where its
   *   own is not known to be wrong
   */
  constructor({ outbox, api, backoff, timers, tell, redate }) {
    Object.assign(this, { outbox, api, backoff, timers, tell, redate });
  }

  /** Send now: there is a new vote, or the network is back. */
  wake({ atOnce = false } = {}) {
    if (atOnce) this.#cancel();
    if (this.#timer !== null) return;
    for (const vote of this.outbox.waiting()) {
      if (this.#sending.size >= (this.#probing ? 1 : AT_ONCE)) break;
      if (!this.#sending.has(vote.vote_id)) this.#send(vote);
    }
  }

  async #send(vote) {
    this.#sending.add(vote.vote_id);
    this.tell("sending", vote);
    const outcome = await this.api.cast(vote);
    this.#sending.delete(vote.vote_id);
    if (outcome.code === "from_the_future") this.#early(vote);
    else this.#settle(vote, outcome);
    this.wake();
  }

  /** The device's clock was ahead when the vote was made. As soon as the server's time is known it gets a new id. */
  #early(vote) {
    const redated = this.redate(vote);
    if (!redated) {
      this.#settle(vote, { kind: "turned_away", wait: 0 });
      return;
    }
    this.outbox.put(redated);
    this.tell("redated", redated);
    this.#settle(vote, { kind: "refused", code: "redated" });
  }

  #settle(vote, outcome) {
    if (outcome.kind === "unanswered") this.#maybeArrived.add(vote.vote_id);
    // A vote whose earlier attempt may have arrived is not certainly outside the totals, whatever this answer says.
    const certain = outcome.kind !== "turned_away" || !this.#maybeArrived.has(vote.vote_id);
    this.tell(certain ? outcome.kind : "unanswered", vote, outcome);
    if (outcome.kind === "accepted" || outcome.kind === "refused") {
      this.#maybeArrived.delete(vote.vote_id);
      if (outcome.kind === "accepted") this.outbox.acknowledged(vote);
      else this.outbox.remove(vote);
      this.#probing = false;
      this.backoff.reset();
    } else if (this.#timer === null) {
      this.#probing = true;
      const wait = this.backoff.next(outcome.wait);
      this.#timer = this.timers.setTimeout(() => {
        this.#timer = null;
        this.wake();
      }, wait);
    }
  }

  #cancel() {
    if (this.#timer !== null) this.timers.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
