/** Who leads, by how much, and how often the lead has changed hands since this page first saw somebody lead. */

export class Race {
  #holder = null;
  #total = 0;
  #round = 0;
  /** The id of the candidate that leads; null while it is a draw. */
  leader = null;
  /** Votes between the two. */
  margin = 0;
  /** How often the lead has gone to the other; a draw in between is not a change. */
  changes = 0;
  /** When somebody was first seen to lead, in ms; null while nobody was. */
  since = null;

  /** @param {() => number} now a clock in ms */
  constructor(now) {
    this.now = now;
  }

  /** Take newer counts, `{id: votes}` of the two. Another round, or one of fewer votes than before, begins again. */
  take(counts, round) {
    const [[ahead, most], [, least]] = Object.entries(counts).sort(([, one], [, other]) => other - one);
    if (round !== this.#round || most + least < this.#total) {
      this.#holder = this.since = null;
      this.changes = 0;
    }
    this.#round = round;
    this.#total = most + least;
    this.margin = most - least;
    this.leader = this.margin ? ahead : null;
    if (!this.leader) return;
    if (this.#holder && this.#holder !== this.leader) this.changes += 1;
    this.#holder = this.leader;
    this.since ??= this.now();
  }
}
