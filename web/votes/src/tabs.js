/**
 * Several tabs, one outbox: each tab sends the votes made in it, and those of tabs that are gone.
 *
 * A tab holds a Web Lock of its own for as long as it lives, however it ends. Who sees votes of another tab waits for
 * that tab's lock: getting it means that the tab is gone and that nobody else is taking its votes over. So no vote is
 * sent by two tabs, none stays behind, and nobody polls. Without Web Locks (a page that is not served securely) a new
 * tab takes all the votes it finds; sending one twice costs a request and no correctness.
 */
export class Tabs {
  #waitedFor = new Set();

  /**
   * @param {object} parts
   * @param {LockManager} [parts.locks]
   * @param {import("./outbox.js").Outbox} parts.outbox
   * @param {() => void} parts.inherited there are new votes to send
   */
  constructor({ locks, outbox, inherited }) {
    Object.assign(this, { locks, outbox, inherited });
  }

  /** Hold this tab's own lock until the tab is gone. */
  live() {
    if (this.locks) this.locks.request(lockOf(this.outbox.tab), () => new Promise(() => {}));
    else for (const tab of this.outbox.otherTabs()) this.#inherit(tab);
  }

  /** Take over what tabs left behind, now or when they end. */
  watch() {
    if (!this.locks) return;
    for (const tab of this.outbox.otherTabs()) {
      if (this.#waitedFor.has(tab)) continue;
      this.#waitedFor.add(tab);
      this.locks.request(lockOf(tab), () => this.#inherit(tab));
    }
  }

  #inherit(tab) {
    this.#waitedFor.delete(tab); // a last vote of that tab may be seen only later
    this.outbox.inherit(tab);
    this.inherited();
  }
}

function lockOf(tab) {
  return `votes-tab-${tab}`;
}
