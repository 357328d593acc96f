/**
 * Which of several open tabs sends the outbox: the one that holds a Web Lock, and a tab that goes out of sight hands it
 * on, since browsers slow its timers down. Without Web Locks (a page that is not served securely) every tab sends;
 * that costs requests and no correctness, since the server counts an id once.
 */

const LOCK = "votes-outbox";

/**
 * Run for leadership until the page ends.
 * @param {{locks?: LockManager, document: Document, lead: () => void, follow: () => void}} parts
 */
export function runForLeadership({ locks, document, lead, follow }) {
  if (!locks) {
    lead();
    return;
  }
  const term = () =>
    locks.request(LOCK, async () => {
      lead();
      await outOfSight(document, locks);
      follow();
    });
  const next = () => term().then(next, () => lead());
  next();
}

/** Until the page is hidden while another one waits for the lock. */
async function outOfSight(document, locks) {
  for (;;) {
    if (document.visibilityState === "hidden") {
      const { pending = [] } = await locks.query();
      if (pending.some(({ name }) => name === LOCK)) return;
    }
    await new Promise((resolve) => {
      document.addEventListener("visibilitychange", resolve, { once: true });
    });
  }
}
