/**
 * The server's time, for votes made on a device whose own clock is wrong: the server refuses a vote minted five minutes
 * in the future or a day ago, and nobody should lose a vote to a badly set clock.
 */

/** A message is that long under way at most; a smaller difference is no proof of a wrong clock. */
const TOLERATED_MS = 60_000;

/**
 * How far ahead an id must be to be given up for one with the right time, ms: a minute more than the server takes, so that
 * no copy of it that is still on its way comes in time to be counted as well.
 */
const HOPELESS_MS = 6 * 60_000;

export class ServerClock {
  #ahead = 0;
  #heard = false;

  /** @param {() => number} now the device's clock, in ms */
  constructor(now) {
    this.device = now;
  }

  /** Note what time it was at the server, in ms, when it wrote a message that has just arrived. */
  heard(at) {
    this.#heard = true;
    const ahead = at - this.device();
    this.#ahead = Math.abs(ahead) > TOLERATED_MS ? ahead : 0;
  }

  /** Now, in ms: the device's own clock unless it is plainly wrong. */
  now() {
    return Math.round(this.device() + this.#ahead);
  }

  /** Whether a time, in ms, is known to be so far ahead of the server that it comes from a wrong clock. */
  isHopelesslyAhead(time) {
    return this.#heard && time - this.now() > HOPELESS_MS;
  }
}
