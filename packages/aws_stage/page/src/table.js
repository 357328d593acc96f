/** Tables of texts: nothing that a document holds is read as HTML. */

import { formatter } from "./formats.js";
import { fullMoment } from "./time.js";

/** A table; the cells from column `numbers` on are numbers. */
export function table(heads, rows, numbers, caption) {
  const made = document.createElement("table");
  made.setAttribute("aria-label", caption);
  const head = made.createTHead().insertRow();
  for (const text of heads) {
    const cell = head.appendChild(document.createElement("th"));
    cell.scope = "col";
    cell.textContent = text;
  }
  const body = made.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((text, place) => {
      const cell = line.insertCell();
      cell.textContent = text;
      if (place >= numbers) cell.className = "number";
    });
  }
  return made;
}

/** The documents of a search: when, then its columns. */
export class Documents {
  constructor(place, panel, zone) {
    this.panel = panel;
    this.zone = zone;
    this.place = place.appendChild(document.createElement("div"));
    this.place.className = "scrolled";
    this.place.tabIndex = 0;
    this.place.setAttribute("role", "region");
    this.place.setAttribute("aria-label", panel.title);
  }

  draw(hits) {
    const { columns, timeField, formats, title } = this.panel;
    const shown = columns.map((column) => formatter(formats, column));
    const rows = hits.map(({ _source }) => [
      fullMoment(Date.parse(value(_source, timeField)), this.zone),
      ...columns.map((column, place) => shown[place](value(_source, column))),
    ]);
    const at = this.place.scrollTop;
    this.place.replaceChildren(table([timeField, ...columns], rows, 1, title));
    this.place.scrollTop = at;
  }

  end() {}
}

const value = (source, path) => path.split(".").reduce((held, name) => held?.[name], source);
