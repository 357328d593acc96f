/** Time that passes when a test says so, and promises that are given their turn. */

export class Clockwork {
  time = 0;
  #timers = new Map();
  #next = 1;

  setTimeout = (run, wait) => {
    this.#timers.set(this.#next, { run, at: this.time + wait });
    return this.#next++;
  };

  clearTimeout = (timer) => {
    this.#timers.delete(timer);
  };

  /** How many timers are waiting. */
  get waiting() {
    return this.#timers.size;
  }

  /** Let `wait` ms pass, running what falls due in its order. */
  async pass(wait) {
    const end = this.time + wait;
    for (;;) {
      await settled();
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at)[0];
      if (!due) break;
      const [timer, { run, at }] = due;
      this.#timers.delete(timer);
      this.time = at;
      run();
    }
    this.time = end;
    await settled();
  }
}

/** Promises that can go on have gone on, and those that then could, for a good many turns. */
export async function settled(turns = 30) {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
