/**
 * Votes that the server has not acknowledged, kept by the browser so that a closed tab or a dead battery loses none.
 *
 * Tabs share the storage, and every key has one writer, so tabs that write at the same moment cannot overwrite each
 * other: a vote has a key of its own and belongs to the tab it was made in, and so does each tab's count of votes that
 * were acknowledged. What a tab leaves behind is inherited by another (`Tabs`).
 */

const VOTE = "votes.outbox.";
const COUNT = "votes.mine.";

export class Outbox {
  #storage;
  #own = new Map();

  /**
   * @param {Storage} storage
   * @param {string} tab a name that no other tab has
   */
  constructor(storage, tab) {
    this.#storage = storage;
    this.tab = tab;
  }

  /** Keep a vote `{vote_id, candidate, client_id}` until it is acknowledged. */
  put(vote) {
    this.#own.set(vote.vote_id, vote);
    this.#write(VOTE + vote.vote_id, { ...vote, tab: this.tab });
  }

  /** This tab's votes that wait, oldest first. */
  waiting() {
    return [...this.#own.values()].sort((one, other) => (one.vote_id < other.vote_id ? -1 : 1));
  }

  /** The server has the vote: it is one of ours now. */
  acknowledged(vote) {
    if (!this.#own.has(vote.vote_id)) return;
    this.remove(vote);
    this.#count(this.tab, { [vote.candidate]: 1 });
  }

  /** The server will never take the vote. */
  remove(vote) {
    this.#own.delete(vote.vote_id);
    this.#storage.removeItem(VOTE + vote.vote_id);
  }

  /**
   * What all tabs of this browser have: votes per candidate, acknowledged or waiting, how many of them wait, and the
   * oldest of these.
   * @returns {{mine: Object<string, number>, waiting: number, oldest: string | null}}
   */
  summary() {
    const votes = new Map([...this.#stored(), ...this.waiting()].map((vote) => [vote.vote_id, vote]));
    const mine = {};
    for (const key of this.#keys(COUNT)) add(mine, this.#counted(key));
    for (const { candidate } of votes.values()) add(mine, { [candidate]: 1 });
    return { mine, waiting: votes.size, oldest: [...votes.keys()].sort()[0] ?? null };
  }

  /** Other tabs, living or not, that have something here. */
  otherTabs() {
    const tabs = [...this.#stored().map(({ tab }) => tab), ...this.#keys(COUNT).map((key) => key.slice(COUNT.length))];
    return [...new Set(tabs)].filter((tab) => tab !== this.tab);
  }

  /** Make what a tab that is gone left behind this tab's own. */
  inherit(gone) {
    for (const { tab, ...vote } of this.#stored()) {
      if (tab === gone) this.put(vote);
    }
    this.#count(this.tab, this.#counted(COUNT + gone));
    this.#storage.removeItem(COUNT + gone);
  }

  /** Whether a `storage` event's key is about the outbox; null means that everything was cleared. */
  static concerns(key) {
    return key === null || key.startsWith(COUNT) || key.startsWith(VOTE);
  }

  /** Every tab's votes as stored; what cannot be read is removed, since it could never be sent. */
  #stored() {
    return this.#keys(VOTE).flatMap((key) => {
      const vote = parse(this.#storage.getItem(key));
      if (typeof vote?.tab === "string" && VOTE + vote.vote_id === key) return [vote];
      this.#storage.removeItem(key);
      return [];
    });
  }

  #keys(prefix) {
    const keys = Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index));
    return keys.filter((key) => key?.startsWith(prefix));
  }

  #counted(key) {
    const counts = Object.entries(parse(this.#storage.getItem(key)) ?? {});
    return Object.fromEntries(counts.filter(([, votes]) => Number.isSafeInteger(votes) && votes > 0));
  }

  #count(tab, more) {
    const counts = this.#counted(COUNT + tab);
    add(counts, more);
    if (Object.keys(counts).length) this.#write(COUNT + tab, counts);
  }

  #write(key, value) {
    try {
      this.#storage.setItem(key, JSON.stringify(value));
    } catch {
      // The browser's room is used up: the vote lives as long as the page, a count is off, no vote is.
    }
  }
}

function add(counts, more) {
  for (const [candidate, votes] of Object.entries(more)) counts[candidate] = (counts[candidate] ?? 0) + votes;
}

function parse(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
