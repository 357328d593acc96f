/**
 * The server's time, for votes made on a device whose own clock is wrong: the server refuses a vote minted five minutes
 * in the future or a day ago, and nobody should lose a vote to a badly set clock.
 */

/** A message is that long under way at most; a smaller difference is no proof of a wrong clock. */
const TOLERATED_MS = 60_000;

export class ServerClock {
  #ahead = 0;

  /** @param {() => number} now the device's clock, in ms */
  constructor(now) {
    this.device = now;
  }

  /** Note what time it was at the server, in ms, when it wrote a message that has just arrived. */
  heard(at) {
    const ahead = at - this.device();
    this.#ahead = Math.abs(ahead) > TOLERATED_MS ? ahead : 0;
  }

  /** Now, in ms: the device's own clock unless it is plainly wrong. */
  now() {
    return Math.round(this.device() + this.#ahead);
  }
}
