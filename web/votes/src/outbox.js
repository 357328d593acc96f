/**
 * Votes that the server has not acknowledged, kept by the browser so that a closed tab or a dead battery loses none.
 *
 * One key per vote: tabs share the storage, and two that write at the same moment cannot overwrite each other's votes.
 * Ids are UUIDv7, so sorting the keys gives the order of the clicks. The count of one's own acknowledged votes is
 * written only by the tab that sends (`Sender`), so it too has one writer.
 */

const VOTE = "votes.outbox.";
const MINE = "votes.mine";

export class Outbox {
  #storage;
  #overflow = new Map();

  /** @param {Storage} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /** Keep a vote `{vote_id, candidate, client_id}` until it is acknowledged. */
  put(vote) {
    try {
      this.#storage.setItem(VOTE + vote.vote_id, JSON.stringify(vote));
    } catch {
      this.#overflow.set(vote.vote_id, vote); // the browser's room is used up: this page remembers it
    }
  }

  /** The votes waiting, oldest first. What cannot be read is removed: it could never be sent. */
  waiting() {
    const votes = [...this.#overflow.values()];
    for (const key of this.#keys()) {
      const vote = parse(this.#storage.getItem(key));
      if (vote && VOTE + vote.vote_id === key) votes.push(vote);
      else this.#storage.removeItem(key);
    }
    return votes.sort((one, other) => (one.vote_id < other.vote_id ? -1 : 1));
  }

  /** The server has the vote: it is one of ours now. */
  acknowledged(vote) {
    if (!this.#holds(vote)) return;
    const mine = this.#acknowledgedVotes();
    mine[vote.candidate] = (mine[vote.candidate] ?? 0) + 1;
    this.remove(vote);
    try {
      this.#storage.setItem(MINE, JSON.stringify(mine));
    } catch {
      // no room for a number a few digits long: the share of one's own clicks is off, no vote is
    }
  }

  /** The server will never take the vote. */
  remove(vote) {
    this.#overflow.delete(vote.vote_id);
    this.#storage.removeItem(VOTE + vote.vote_id);
  }

  /** One's own votes, acknowledged and waiting, `{candidate: votes}`. */
  mine() {
    const mine = this.#acknowledgedVotes();
    for (const { candidate } of this.waiting()) mine[candidate] = (mine[candidate] ?? 0) + 1;
    return mine;
  }

  /** Whether a `storage` event's key is about the outbox; null means that everything was cleared. */
  static concerns(key) {
    return key === null || key === MINE || key.startsWith(VOTE);
  }

  #keys() {
    const keys = Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index));
    return keys.filter((key) => key?.startsWith(VOTE));
  }

  #holds(vote) {
    return this.#overflow.has(vote.vote_id) || this.#storage.getItem(VOTE + vote.vote_id) !== null;
  }

  #acknowledgedVotes() {
    const mine = parse(this.#storage.getItem(MINE)) ?? {};
    return Object.fromEntries(Object.entries(mine).filter(([, count]) => Number.isSafeInteger(count) && count > 0));
  }
}

function parse(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
