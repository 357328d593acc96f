/** The two buttons, what each has, and the bar that they pull between them. */

import { find, make, setText } from "./elements.js";
import { emsOf } from "./number_width.js";

const FLOATING = 6;

export class Choices {
  #parts = new Map();

  /**
   * @param {import("../config.js").Candidate[]} candidates
   * @param {(candidate: string) => void} vote
   */
  constructor(candidates, vote) {
    this.candidates = candidates;
    const room = find("choices");
    candidates.forEach((candidate, index) => {
      const side = index === 0 ? "first" : "second";
      const part = this.#card(candidate, side);
      part.button.addEventListener("click", () => {
        vote(candidate.id);
        this.#cheer(part);
      });
      part.button.addEventListener("keydown", (event) => {
        if (event.repeat) event.preventDefault(); // a key held down is one vote, as a finger held down is
      });
      room.append(part.card);
      this.#parts.set(candidate.id, part);
      find("tug").append(part.pull);
    });
    room.append(make("span", { className: "seal", "aria-hidden": "true" }, (this.seal = make("span"))));
  }

  #card({ id, picture }, side) {
    const name = make("span", { className: "choice-name", id: `name-${id}` });
    const act = make("span", { className: "choice-act", id: `act-${id}` });
    const number = make("span", { className: "choice-number" });
    const meta = make("span", { className: "choice-meta" });
    const image = make("img", {
      className: "choice-picture",
      src: `pictures/${picture}`,
      alt: "",
      width: 240,
      height: 240,
      draggable: false,
    });
    // The button lies under what is written on the card, so that its name is short and does not change with each vote.
    const button = make("button", {
      type: "button",
      className: "choice-button",
      "data-candidate": id,
      "aria-labelledby": `name-${id} act-${id}`,
      "aria-describedby": `count-${id}`,
    });
    const card = make(
      "div",
      { className: `choice choice-${side}` },
      button,
      image,
      make(
        "div",
        { className: "choice-text" },
        name,
        make("span", { className: "choice-count", id: `count-${id}`, "data-count": id }, number, " ", meta),
        act,
      ),
    );
    const pull = make("span", { className: `pull pull-${side}` });
    return { name, act, number, meta, button, card, pull };
  }

  /** @param {{speech: import("../i18n.js").Speech, counts: Object<string, number> | null, shares: Object<string, number | null>}} state */
  draw({ speech, counts, shares, voting }) {
    setText(this.seal, speech.say("versus"));
    for (const candidate of this.candidates) {
      const part = this.#parts.get(candidate.id);
      setText(part.name, speech.label(candidate));
      setText(part.act, speech.say(voting === "closed" ? "closedShort" : "vote"));
      setText(part.number, counts ? speech.number(counts[candidate.id]) : "–");
      part.number.style.setProperty("--ems", String(emsOf(part.number.textContent)));
      setText(part.meta, counts ? meta(speech, shares[candidate.id]) : "");
      part.pull.style.flexGrow = String(shares[candidate.id] || 0.0001);
    }
    find("tug").dataset.empty = String(!Object.values(shares).some(Boolean));
  }

  /** A plus one rises from the card. */
  #cheer({ card }) {
    card.classList.remove("choice-pressed");
    void card.offsetWidth; // restarts the animation
    card.classList.add("choice-pressed");
    if (card.querySelectorAll(".plus").length >= FLOATING) return;
    const plus = make("span", { className: "plus", "aria-hidden": "true" }, "+1");
    plus.style.setProperty("--lean", `${Math.round(Math.random() * 24 - 12)}px`);
    plus.addEventListener("animationend", () => plus.remove());
    card.append(plus);
  }
}

function meta(speech, share) {
  return share === null ? speech.say("countNone") : speech.say("countMeta", { share: speech.percent(share) });
}
