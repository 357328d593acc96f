/** Who votes, and in which language: what the browser remembers between visits. */

import { randomBytes, uuid4 } from "./uuid7.js";

const CLIENT = "votes.client";
const LANGUAGE = "votes.language";

export class Visitor {
  #storage;

  /** @param {Storage} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /** The id under which this browser votes, made at its first visit. */
  get client() {
    const kept = this.#storage.getItem(CLIENT);
    if (kept) return kept;
    const made = uuid4(randomBytes);
    this.#keep(CLIENT, made);
    return this.#storage.getItem(CLIENT) ?? made; // another tab may have been quicker
  }

  /** The language chosen here, or null. */
  get language() {
    return this.#storage.getItem(LANGUAGE);
  }

  set language(language) {
    this.#keep(LANGUAGE, language);
  }

  #keep(key, value) {
    try {
      this.#storage.setItem(key, value);
    } catch {
      // no room: it holds for this page only
    }
  }
}
