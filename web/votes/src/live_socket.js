/**
 * The WebSocket that brings every update: connects, says hello, keeps itself alive, and comes back with backoff.
 *
 * An answer to `hello` holds the whole totals, so whatever was missed while away is there with the first message.
 */

/** API Gateway ends a connection that is idle for ten minutes; proxies and phones do it sooner. */
const QUIET_MS = 25_000;
const ANSWER_MS = 10_000;
const CONNECT_MS = 8_000;

export class LiveSocket {
  #socket = null;
  #retry = null;
  #guard = null;
  #wanted = false;

  /**
   * @param {object} parts
   * @param {string} parts.url
   * @param {(url: string) => WebSocket} parts.open
   * @param {import("./backoff.js").Backoff} parts.backoff
   * @param {{setTimeout: Function, clearTimeout: Function}} parts.timers
   * @param {(message: object) => void} parts.receive a message that is not a pong
   * @param {(state: "connecting" | "open" | "closed") => void} parts.changed
   */
  constructor({ url, open, backoff, timers, receive, changed }) {
    Object.assign(this, { url, open, backoff, timers, receive, changed });
  }

  /** Connect, now if it is waiting to try again; a connection that is open or on its way stays. */
  start() {
    this.#wanted = true;
    if (this.#socket) return;
    this.#clear();
    this.#connect();
  }

  /** Close and stay closed until `start`. */
  stop() {
    this.#wanted = false;
    this.#drop();
  }

  #connect() {
    this.changed("connecting");
    let socket;
    try {
      socket = this.#socket = this.open(this.url);
    } catch {
      this.#drop(); // the browser forbids it, now and then or for ever
      return;
    }
    this.#expect(CONNECT_MS);
    socket.onopen = () => {
      this.changed("open");
      this.#send({ type: "hello" });
      this.#expect(ANSWER_MS);
    };
    socket.onmessage = ({ data }) => {
      this.#rest();
      const message = parse(data);
      if (!message || message.type === "pong") return;
      this.backoff.reset(); // not at `onopen`: a server that takes connections and drops them is still in trouble
      this.receive(message);
    };
    socket.onclose = () => this.#drop();
  }

  /** Say hello again after a while without a message: it proves the connection, and brings an update that was lost (ADR 195). */
  #rest() {
    this.timers.clearTimeout(this.#guard);
    this.#guard = this.timers.setTimeout(() => {
      this.#send({ type: "hello" });
      this.#expect(ANSWER_MS);
    }, QUIET_MS);
  }

  /** Give the connection up unless something happens within `wait` ms. */
  #expect(wait) {
    this.timers.clearTimeout(this.#guard);
    this.#guard = this.timers.setTimeout(() => this.#drop(), wait);
  }

  #send(message) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#clear();
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      this.changed("closed");
    }
    if (this.#wanted) this.#retry = this.timers.setTimeout(() => this.start(), this.backoff.next());
  }

  #clear() {
    this.timers.clearTimeout(this.#guard);
    this.timers.clearTimeout(this.#retry);
  }
}

function parse(data) {
  try {
    const message = JSON.parse(data);
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null;
  }
}
