/** Which votes to say that they wait: a vote is under way for a moment, and that is nothing to speak of. */

const SPOKEN_OF_MS = 2_000;

export class HeldUp {
  #oldest = null;
  #since = 0;

  /** @param {{now: () => number}} clock a clock in ms */
  constructor({ now }) {
    this.now = now;
  }

  /**
   * How many votes to say that they wait. While the page is live, none before the oldest has waited for two seconds: its
   * updates come, and the way of its votes may be blocked all the same.
   * @param {{waiting: number, oldest: string | null}} summary of the outbox
   * @param {boolean} live
   */
  count({ waiting, oldest }, live) {
    if (oldest !== this.#oldest) {
      this.#oldest = oldest;
      this.#since = this.now();
    }
    return live && this.now() - this.#since < SPOKEN_OF_MS ? 0 : waiting;
  }
}
