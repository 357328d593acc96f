/** Votes that the server refused for good, told visibly and once per reason. */

import { find, make } from "./elements.js";

const REASONS = {
  closed: "refusedClosed",
  expired: "refusedExpired",
  unknown_candidate: "refusedCandidate",
};

export class Notices {
  #counts = new Map();

  constructor() {
    find("notice").classList.add("notice-over");
  }

  /** @param {string} code the server's `error.code` */
  refused(code) {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
    this.changed = true;
  }

  draw({ speech }) {
    if (!this.changed && speech.language === this.language) return;
    this.changed = false;
    this.language = speech.language;
    const lines = [...this.#counts].map(([code, count]) => {
      const reason = REASONS[code] ? speech.say(REASONS[code]) : speech.say("refusedOther", { code });
      return make("p", {}, `${speech.say("refused", { count })} ${reason}`);
    });
    const dismiss = make("button", { type: "button", className: "notice-dismiss" }, speech.say("dismiss"));
    dismiss.addEventListener("click", () => {
      this.#counts.clear();
      find("notice").replaceChildren();
    });
    find("notice").replaceChildren(...(lines.length ? [make("div", {}, ...lines), dismiss] : []));
  }
}
