/**
 * The totals as they come: from the socket, and by asking for them now and then while no socket can be had.
 */

/** How long to wait for the socket before asking, ms. */
const PATIENCE_MS = 3_000;

export class Feed {
  #timer = null;
  #running = false;
  #asking = false;
  state = "connecting";

  /**
   * @param {object} parts
   * @param {import("./votes_api.js").VotesApi} parts.api
   * @param {(handlers: {receive: Function, changed: Function}) => import("./live_socket.js").LiveSocket} parts.socket
   * @param {import("./backoff.js").Backoff} parts.pace the wait between two questions
   * @param {{setTimeout: Function, clearTimeout: Function}} parts.timers
   * @param {(snapshot: object) => void} parts.receive totals, as the server sent them
   * @param {(state: State) => void} parts.changed
   *
   * @typedef {"connecting" | "live" | "asking" | "broken"} State
   *   `live`: the socket is open; `asking`: totals come by GET; `broken`: they do not come at all
   */
  constructor({ api, socket, pace, timers, receive, changed }) {
    Object.assign(this, { api, pace, timers, receive, changed });
    this.socket = socket({ receive: (message) => this.#message(message), changed: (state) => this.#socketIs(state) });
  }

  /** Begin, or come back: whatever was waiting to be tried again is tried now. */
  start() {
    this.#running = true;
    this.socket.start();
    if (this.state === "live") return;
    if (this.state === "broken" || this.state === "asking") this.#ask();
    else this.#later(PATIENCE_MS);
  }

  /** The network is back, the browser says: a connection begun without it may never come to anything. */
  back() {
    if (this.state !== "live") this.socket.stop();
    this.start();
  }

  /** Stop receiving: nobody is looking. */
  stop() {
    this.#running = false;
    this.timers.clearTimeout(this.#timer);
    this.socket.stop();
    this.#become("connecting");
  }

  /** The network is gone, the browser says. */
  lost() {
    this.socket.stop();
    this.#become("broken");
    if (this.#running) this.start();
  }

  #message(message) {
    if (message.type === "totals") this.receive(message);
  }

  #socketIs(state) {
    if (state === "open") {
      this.timers.clearTimeout(this.#timer);
      this.pace.reset();
      this.#become("live");
    } else if (state === "closed" && this.state === "live") {
      this.#become("connecting");
      if (this.#running) this.#later(PATIENCE_MS);
    }
  }

  #later(wait) {
    this.timers.clearTimeout(this.#timer);
    this.#timer = this.timers.setTimeout(() => this.#ask(), wait);
  }

  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    let snapshot = null;
    try {
      snapshot = await this.api.totals();
    } catch {
      // the state tells it, and the next question follows
    }
    this.#asking = false;
    if (!this.#running) return;
    if (snapshot) this.receive(snapshot);
    if (this.state === "live") return;
    this.#become(snapshot ? "asking" : "broken");
    if (snapshot) this.pace.reset();
    this.#later(this.pace.next());
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.changed(state);
  }
}
