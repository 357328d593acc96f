/**
 * Votes per second over the last minutes, as the server counted them, laid on a window that moves with the clock.
 */

export const KEPT_SECONDS = 180;

export class SecondsWindow {
  #counts = new Map();

  /**
   * Take the server's buckets; a second that is already known is replaced, one too old for the window is forgotten.
   * @param {[number, Object<string, number>][]} seconds epoch seconds and votes per candidate
   */
  take(seconds) {
    let newest = 0;
    for (const [second, votes] of seconds) {
      this.#counts.set(second, votes);
      newest = Math.max(newest, second);
    }
    for (const second of this.#counts.keys()) {
      if (second <= newest - KEPT_SECONDS) this.#counts.delete(second);
    }
  }

  clear() {
    this.#counts.clear();
  }

  /**
   * The last `length` seconds up to and including `last`, oldest first; a second without votes is 0.
   * @returns {number[]} votes per second
   */
  series(candidate, last, length) {
    return Array.from({ length }, (_, index) => this.#counts.get(last - length + 1 + index)?.[candidate] ?? 0);
  }

  /** Votes in the last `length` seconds up to and including `last`. */
  sum(candidate, last, length) {
    return this.series(candidate, last, length).reduce((sum, votes) => sum + votes, 0);
  }
}
