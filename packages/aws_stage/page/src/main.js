/** The page: a list of dashboards, or the one that the address names as Dashboards does (`#/view/<id>`). */

import { exported, search } from "./domain.js";
import { dashboard, dashboards, parsed } from "./objects.js";
import { Panel } from "./panel.js";
import { extentRequest } from "./requests.js";
import { bounds, fullMoment } from "./time.js";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const EVERYTHING = "everything";
const RANGES = [
  ["now-15m", "last 15 minutes"],
  ["now-1h", "last hour"],
  ["now-24h", "last 24 hours"],
  ["now-7d", "last 7 days"],
  ["now-30d", "last 30 days"],
  ["now-90d", "last 90 days"],
];

const byId = (id) => document.getElementById(id);
const [places, controls, range, renew, status] = ["panels", "controls", "range", "renew", "status"].map(byId);

/** What is shown now; the next one ends it. */
let current = null;

class View {
  constructor(objects, board) {
    this.objects = objects;
    this.board = board;
    this.panels = board.panels.map((panel) => new Panel(objects, panel, ZONE, search));
    this.timer = null;
    this.drawing = null;
    this.again = false;
    places.replaceChildren(...this.panels.map((panel) => panel.place));
    const saved = `${board.range.from} to ${board.range.to}`;
    const ranges = [["saved", `as saved: ${saved}`], ...RANGES, [EVERYTHING, "all documents"]];
    range.replaceChildren(...ranges.map(([value, text]) => new Option(text, value)));
    renew.checked = board.refresh > 0;
  }

  async bounds() {
    if (range.value === EVERYTHING) return this.extent();
    return bounds(range.value === "saved" ? this.board.range : { from: range.value, to: "now" }, Date.now());
  }

  /** From the first document to the last, of all that the panels show. */
  async extent() {
    const asked = this.panels.map((panel) => panel.panel).filter((panel) => panel?.timeField);
    const answers = await Promise.all(asked.map((panel) => search(panel.index, extentRequest(panel))));
    const found = (name) => answers.map((answer) => answer.aggregations?.[name]?.value).filter((at) => at != null);
    if (!found("first").length) return bounds(this.board.range, Date.now());
    return { from: Math.min(...found("first")), to: Math.max(...found("last")) + 1 };
  }

  /** Draw every panel; while one drawing is under way, one more waits at most. */
  async draw() {
    if (this.drawing) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.drawing = this.drawOnce();
    await this.drawing;
    this.drawing = null;
    if (this !== current) return;
    if (this.again) {
      this.again = false;
      await this.draw();
    } else if (renew.checked) {
      this.timer = setTimeout(() => this.draw(), this.board.refresh || 10_000);
    }
  }

  async drawOnce() {
    try {
      const span = await this.bounds();
      const counts = await Promise.all(this.panels.map((panel) => panel.draw(span)));
      if (this !== current) return;
      const between = `${fullMoment(span.from, ZONE)} to ${fullMoment(span.to, ZONE)} (${ZONE})`;
      const most = Math.max(0, ...counts);
      const hint = most ? "" : " Nothing is there: “all documents” shows when something was.";
      status.textContent = `${most.toLocaleString("en")} documents, ${between}.${hint}`;
      places.dataset.drawn = String(Number(places.dataset.drawn ?? 0) + 1);
    } catch (error) {
      status.textContent = error.message;
    }
  }

  end() {
    clearTimeout(this.timer);
    for (const panel of this.panels) panel.end();
  }
}

function showList(objects) {
  byId("title").textContent = document.title = "Dashboards";
  byId("description").textContent = "";
  const list = document.createElement("ul");
  list.className = "dashboards";
  for (const { id, attributes } of dashboards(objects)) {
    const link = list.appendChild(document.createElement("li")).appendChild(document.createElement("a"));
    link.href = `#/view/${encodeURIComponent(id)}`;
    link.textContent = attributes.title;
  }
  status.textContent = list.children.length ? "" : "No dashboard has been imported into this domain.";
  places.replaceChildren(list);
}

async function show() {
  current?.end();
  current = null;
  controls.hidden = true;
  places.replaceChildren();
  status.textContent = "";
  try {
    const objects = parsed(await exported());
    const id = /^#\/view\/([^?]+)/.exec(location.hash)?.[1];
    if (!id) return showList(objects);
    const board = dashboard(objects, decodeURIComponent(id));
    if (!board) {
      showList(objects);
      status.textContent = `There is no dashboard “${decodeURIComponent(id)}” in this domain.`;
      return;
    }
    byId("title").textContent = document.title = board.title;
    byId("description").textContent = board.description;
    controls.hidden = false;
    current = new View(objects, board);
    await current.draw();
  } catch (error) {
    status.textContent = error.message;
  }
}

controls.addEventListener("submit", (event) => {
  event.preventDefault();
  current?.draw();
});
range.addEventListener("change", () => current?.draw());
renew.addEventListener("change", () => current?.draw());
addEventListener("hashchange", show);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => current?.draw());
show();
