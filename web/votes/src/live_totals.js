/** The totals as the server sends them, and how they come: what each view of the vote draws from. */

import { Backoff } from "./backoff.js";
import { Feed } from "./feed.js";
import { LiveSocket } from "./live_socket.js";
import { SecondsWindow } from "./seconds.js";
import { ServerClock } from "./server_clock.js";
import { readSnapshot } from "./snapshot.js";
import { Tally, shares } from "./tally.js";
import { VotesApi } from "./votes_api.js";

export class LiveTotals {
  #online = null;
  #voting = "open";

  /**
   * @param {object} parts
   * @param {import("./config.js").Config} parts.config
   * @param {{setTimeout: Function, clearTimeout: Function}} parts.timers
   * @param {() => void} parts.touched something to draw has changed, if only the time
   * @param {(state: "live" | "broken" | "offline") => void} parts.became the connection is of another state, worth a word
   * @param {(round: number) => void} [parts.counted] newer totals have come
   */
  constructor({ config, timers, touched, became, counted = () => {} }) {
    Object.assign(this, { touched, became, counted });
    this.clock = new ServerClock(() => Date.now());
    this.tally = new Tally(config.candidates.map(({ id }) => id));
    this.seconds = new SecondsWindow();
    this.api = new VotesApi({ url: config.apiUrl, fetch: (...request) => fetch(...request), now: () => Date.now() });
    this.feed = new Feed({
      api: this.api,
      timers,
      pace: new Backoff({ base: 4_000, cap: 30_000, random: Math.random }),
      socket: (handlers) =>
        new LiveSocket({
          url: config.socketUrl,
          open: (url) => new WebSocket(url),
          backoff: new Backoff({ base: 500, cap: 20_000, random: Math.random }),
          timers,
          ...handlers,
        }),
      receive: (message) => this.#take(message),
      changed: (state) => {
        if (state === "live" || state === "broken") became(state);
        touched();
      },
    });
  }

  /** Begin to listen, and to follow the network's coming and going. */
  start() {
    window.addEventListener("online", () => {
      this.feed.back();
      this.touched();
    });
    window.addEventListener("offline", () => {
      this.feed.lost();
      this.became("offline");
      this.touched();
    });
    setInterval(() => this.touched(), 1000); // the window of seconds moves
    this.feed.start();
  }

  /** What there is to draw; `counts` and `total` are null while neither totals nor clicks are known, `last` in epoch seconds, `voting` is the round's state. */
  get state() {
    const { shown, known } = this.tally;
    const total = Object.values(shown).reduce((sum, count) => sum + count, 0);
    return {
      state: navigator.onLine ? this.feed.state : "offline",
      counts: known || total ? shown : null,
      total: known || total ? total : null,
      shares: shares(shown),
      seconds: this.seconds,
      last: Math.floor(this.clock.now() / 1000),
      online: this.#online,
      voting: this.#voting,
    };
  }

  #take(message) {
    const snapshot = readSnapshot(message);
    if (!snapshot || !this.tally.snapshot(snapshot)) return;
    this.clock.heard(snapshot.at);
    this.seconds.take(snapshot.seconds);
    this.#online = snapshot.online;
    this.#voting = snapshot.state;
    this.counted(snapshot.round);
    this.touched();
  }
}
