/** So many totals in a row that are older than those seen are no stragglers: the server itself has begun again. */
const RESTARTED_AFTER = 5;

/**
 * What each count shows: the server's totals, and on top of them the clicks of this page that they do not hold yet.
 *
 * The server's totals do not say whose votes they hold, and a vote whose answer was lost may or may not be among them.
 * So the number shown is always a *lower bound of the votes cast*, and the highest one known:
 *  - a click makes one vote more than all that were known, so the bound grows by one at once;
 *  - totals that arrive are a bound; and so are they plus those clicks of this page that cannot be in them, since none
 *    of them has been sent, or each was sent and turned away (only the page that made a vote sends it, see Tabs).
 * A bound only grows, so the number never jumps back; no bound is above the true count, so when the server has
 * everything, the number is exactly the server's. Only a vote that the server refuses for good takes its one away.
 */
export class Tally {
  #shown;
  #unanswered = new Map();
  #certain = new Map();
  #round = 1;
  #version = -1;
  #older = 0;

  /** @param {string[]} candidates ids */
  constructor(candidates) {
    this.#shown = new Map(candidates.map((id) => [id, 0]));
  }

  /** Whether the server's totals have been seen. */
  get known() {
    return this.#version >= 0;
  }

  get version() {
    return this.#version;
  }

  /** The count to show for each candidate, `{id: votes}`. */
  get shown() {
    return Object.fromEntries(this.#shown);
  }

  /** A click of this page, not sent yet. */
  click(id, candidate) {
    this.#add(candidate, 1);
    this.#unanswered.set(id, candidate);
    this.#certain.set(id, candidate);
  }

  /** The vote is on its way: from now on totals may hold it. */
  sending(id) {
    this.#certain.delete(id);
  }

  /** The server turned the vote away before it could count, as it did on each attempt before. */
  turnedAway(id) {
    if (this.#unanswered.has(id)) this.#certain.set(id, this.#unanswered.get(id));
  }

  accepted(id) {
    this.#unanswered.delete(id);
    this.#certain.delete(id);
  }

  /** The server refused the vote for good: it will never count. */
  refused(id) {
    if (this.#unanswered.has(id)) this.#add(this.#unanswered.get(id), -1);
    this.accepted(id);
  }

  /**
   * Take the server's totals, unless they are older than those already seen. A new round begins again from its own.
   * @param {{round: number, version: number, totals: Object<string, number>}} snapshot
   * @returns {boolean} whether they were taken
   */
  snapshot({ round = 1, version, totals }) {
    if (this.known && round > this.#round) this.#begin();
    else if (round < this.#round || version < this.#version) {
      this.#older += 1;
      if (this.#older < RESTARTED_AFTER) return false;
      this.#begin();
    }
    this.#older = 0;
    this.#round = round;
    this.#version = version;
    for (const [candidate, shown] of this.#shown) {
      const apart = [...this.#certain.values()].filter((voted) => voted === candidate).length;
      this.#shown.set(candidate, Math.max(shown, (totals[candidate] ?? 0) + apart));
    }
    return true;
  }

  /** Count from zero, but for those clicks of which the server cannot know yet. */
  #begin() {
    this.#unanswered = new Map(this.#certain);
    for (const candidate of this.#shown.keys()) this.#shown.set(candidate, 0);
  }

  #add(candidate, votes) {
    this.#shown.set(candidate, this.#shown.get(candidate) + votes);
  }
}

/** Each candidate's share in percent, to one decimal, adding up to 100.0; null while nobody has voted: 0.0 % twice says nothing. */
export function shares(counts) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return Object.fromEntries(Object.keys(counts).map((id) => [id, null]));
  const tenths = Object.entries(counts).map(([id, count]) => {
    const exact = (count * 1000) / total;
    return { id, whole: Math.floor(exact), rest: exact - Math.floor(exact) };
  });
  let missing = 1000 - tenths.reduce((sum, { whole }) => sum + whole, 0);
  for (const entry of [...tenths].sort((a, b) => b.rest - a.rest)) {
    if (missing-- > 0) entry.whole += 1;
  }
  return Object.fromEntries(tenths.map(({ id, whole }) => [id, whole / 10]));
}
