/**
 * What the browser keeps for this site. A browser that forbids it (private windows, blocked site data, no room left)
 * gets memory instead: votes still count, they just do not outlive the page.
 */

/** @returns {Storage} `localStorage`, or a stand-in that lasts as long as the page */
export function siteStorage(page) {
  try {
    const storage = page.localStorage;
    storage.setItem("votes.probe", "1");
    storage.removeItem("votes.probe");
    return storage;
  } catch {
    return new MemoryStorage();
  }
}

/** The part of the Storage interface that the site uses. */
export class MemoryStorage {
  #items = new Map();

  get length() {
    return this.#items.size;
  }

  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }

  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  setItem(key, value) {
    this.#items.set(key, String(value));
  }

  removeItem(key) {
    this.#items.delete(key);
  }
}
