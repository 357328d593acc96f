/** What the charts show, as a table; filled in only while it is open. */

import { find, make } from "./elements.js";

const STEP = 30;
const STEPS = 6;

export class ChartTable {
  constructor(candidates, opened) {
    this.candidates = candidates;
    this.panel = find("table-panel");
    this.panel.addEventListener("toggle", opened);
  }

  draw({ speech, counts, shares, seconds, last }) {
    const room = find("table-room");
    room.setAttribute("aria-label", speech.say("tableCaption"));
    if (!this.panel.open) return;
    const row = (name, values) =>
      make("tr", {}, make("th", { scope: "row" }, name), ...values.map((value) => make("td", {}, value)));
    const each = (value) => this.candidates.map(({ id }) => value(id));
    const rows = [
      row(speech.say("tableTotal"), each((id) => speech.number(counts?.[id] ?? 0))),
      row(speech.say("tableShare"), each((id) => speech.percent(shares[id]))),
    ];
    for (let step = 0; step < STEPS; step += 1) {
      const [from, to] = [step * STEP, (step + 1) * STEP];
      const ago = speech.say("tableAgo", { from, to });
      rows.push(row(ago, each((id) => speech.number(seconds.sum(id, last - from, STEP)))));
    }
    const heads = this.candidates.map((candidate) => make("th", { scope: "col" }, speech.label(candidate)));
    room.replaceChildren(
      make(
        "table",
        {},
        make("caption", {}, speech.say("tableCaption")),
        make("thead", {}, make("tr", {}, make("th", { scope: "col" }, speech.say("tableWhen")), ...heads)),
        make("tbody", {}, ...rows),
      ),
    );
  }
}
