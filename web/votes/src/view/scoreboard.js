/** The two counts as large as they fit, the bar between them, and who leads. */

import { find, make, setText } from "./elements.js";
import { emsOf } from "./number_width.js";

export class Scoreboard {
  #parts = new Map();

  /** @param {import("../config.js").Candidate[]} candidates */
  constructor(candidates) {
    this.candidates = candidates;
    candidates.forEach(({ id, picture }, index) => {
      const side = index === 0 ? "first" : "second";
      const name = make("p", { className: "score-name" });
      const number = make("p", { className: "score-number", "data-count": id });
      const image = make("img", { className: "score-picture", src: `pictures/${picture}`, alt: "", width: 240, height: 240 });
      const pull = make("span", { className: `pull pull-${side}` });
      find("scores").append(make("div", { className: `score score-${side}` }, image, name, number));
      find("shares").append(pull);
      this.#parts.set(id, { name, number, pull });
    });
  }

  /** @param {{speech: import("../i18n.js").Speech, counts: Object<string, number> | null, total: number | null, shares: Object<string, number | null>, race: import("../race.js").Race}} state */
  draw({ speech, counts, total, shares, race, voting }) {
    const texts = this.candidates.map(({ id }) => (counts ? speech.number(counts[id]) : "–"));
    // One size for both: the larger number is not to look smaller.
    find("scores").style.setProperty("--ems", String(Math.max(...texts.map(emsOf))));
    for (const [index, candidate] of this.candidates.entries()) {
      const { name, number, pull } = this.#parts.get(candidate.id);
      setText(name, speech.label(candidate));
      setText(number, texts[index]);
      setText(pull, speech.percent(shares[candidate.id]));
      pull.style.flexGrow = String(shares[candidate.id] ?? 1);
    }
    find("shares").dataset.empty = String(!total);
    const [first, second = ""] = total ? this.standing(speech, race, voting) : [speech.say(counts ? "beFirst" : "awaited")];
    setText(find("leader"), first);
    setText(find("margin"), second);
    const { changes: count, since } = race;
    setText(find("lead-changes"), since === null ? "" : speech.say("leadChanges", { count, time: speech.time(since) }));
  }

  /** Who leads, and by how much, as one or two texts. */
  standing(speech, { leader, margin: count }, voting) {
    if (!leader) return [speech.say("level")];
    const candidate = speech.label(this.candidates.find(({ id }) => id === leader));
    return [speech.say(voting === "closed" ? "wins" : "leads", { candidate }), speech.say("ahead", { count })];
  }
}
