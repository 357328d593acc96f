/** One panel of a dashboard: what it shows, asked for and drawn. */

import { Drawing, kindOf } from "./chart.js";
import { NotDrawn, shown } from "./objects.js";
import { chartRequest, points, tableRequest } from "./requests.js";
import { Documents } from "./table.js";

/** `search(index, body)` asks the domain. A panel that cannot be drawn says why, and the others are drawn. */
export class Panel {
  constructor(objects, { grid, title, target }, zone, search) {
    this.search = search;
    this.zone = zone;
    this.place = document.createElement("section");
    this.place.className = "panel";
    this.place.style.gridColumn = `${grid.x + 1} / span ${grid.w}`;
    this.place.style.gridRow = `${grid.y + 1} / span ${grid.h}`;
    this.head = this.place.appendChild(document.createElement("h2"));
    this.head.textContent = title ?? target?.attributes.title ?? "A panel without an object";
    this.note = this.place.appendChild(document.createElement("p"));
    this.drawing = null;
    this.panel = null;
    try {
      if (!target) throw new NotDrawn("What this panel shows is not there.");
      this.panel = shown(objects, target);
      this.note.textContent = this.panel.description;
      if (target.type === "search") this.drawing = new Documents(this.place, this.panel, zone);
      else {
        kindOf(this.panel.state.type);
        this.drawing = new Drawing(this.place, this.panel, zone);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ask and draw; returns how many documents there were. */
  async draw(range) {
    if (!this.drawing) return 0;
    try {
      const found = this.panel.state ? await this.drawChart(range) : await this.drawDocuments(range);
      this.note.textContent = this.panel.description;
      this.note.className = "";
      return found;
    } catch (error) {
      this.fail(error);
      return 0;
    }
  }

  async drawChart(range) {
    const request = chartRequest(this.panel, range, this.zone);
    const answer = await this.search(this.panel.index, request.body);
    this.drawing.draw(points(answer, request), request, range);
    return answer.hits.total.value;
  }

  async drawDocuments(range) {
    const answer = await this.search(this.panel.index, tableRequest(this.panel, range));
    this.drawing.draw(answer.hits.hits);
    return answer.hits.total.value;
  }

  fail(error) {
    this.note.textContent = error.message;
    this.note.className = "failure";
  }

  end() {
    this.drawing?.end();
  }
}
