/**
 * What a screen reader says, politely: never more often than every second or two, and only the newest of what was
 * waiting, so that a busy vote does not talk over its reader.
 */

const QUIET_MS = 1_500;

export class Announcer {
  #latest = null;
  #timer = null;

  /** @param {{write: (text: string) => void, timers: {setTimeout: Function}, quiet?: number}} parts `quiet` in ms */
  constructor({ write, timers, quiet = QUIET_MS }) {
    Object.assign(this, { write, timers, quiet });
  }

  /** @param {() => string} text evaluated when it is said, so that it is true then */
  say(text) {
    this.#latest = text;
    if (this.#timer === null) this.#speak();
  }

  #speak() {
    const text = this.#latest;
    this.#latest = null;
    this.#timer = null;
    if (text === null) return;
    this.write(text());
    this.#timer = this.timers.setTimeout(() => this.#speak(), this.quiet);
  }
}
