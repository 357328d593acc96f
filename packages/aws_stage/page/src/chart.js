/** Charts by Chart.js, with the same numbers as a table below them for whoever does not see pictures. */

import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
  Tooltip,
} from "chart.js";

import { formatter } from "./formats.js";
import { NotDrawn } from "./objects.js";
import { table } from "./table.js";
import { fullMoment, shownMoment } from "./time.js";

Chart.register(BarController, BarElement, CategoryScale, Legend, LineController, LineElement, LinearScale, PointElement, Tooltip);

const KINDS = { line: "line", area: "line", histogram: "bar", horizontal_bar: "bar" };

/** How a visualization's type is drawn; throws NotDrawn for one that is not. */
export function kindOf(type) {
  if (!KINDS[type]) throw new NotDrawn(`The page does not draw visualizations of type “${type}”; Dashboards does.`);
  return KINDS[type];
}

/** One panel's chart. `draw` again and again: the picture moves on. */
export class Drawing {
  constructor(place, panel, zone) {
    this.panel = panel;
    this.zone = zone;
    this.canvas = place.appendChild(element("div", "chart")).appendChild(document.createElement("canvas"));
    this.canvas.setAttribute("role", "img");
    const details = place.appendChild(document.createElement("details"));
    details.appendChild(document.createElement("summary")).textContent = "As a table";
    this.numbers = details.appendChild(element("div", "scrolled"));
    this.numbers.tabIndex = 0;
    this.chart = null;
  }

  /** `points` are `requests.points`; `range` is in milliseconds. */
  draw(points, { metrics, bucket }, range) {
    const overTime = bucket.kind === "date_histogram";
    const shownKey = (at) => (overTime ? fullMoment(at, this.zone) : String(at));
    const formats = metrics.map(({ field }) => formatter(this.panel.formats, field));
    const heads = [bucket.label || bucket.field, ...metrics.map((each) => each.label)];
    const rows = points.map(({ key, values }) => [shownKey(key), ...values.map((value, place) => formats[place](value))]);
    this.numbers.replaceChildren(table(heads, rows, 1, this.panel.title));
    this.canvas.setAttribute("aria-label", `${this.panel.title}: ${points.length} points; the table below has them.`);
    const datasets = metrics.map(({ label }, place) => ({
      label,
      data: points.map(({ key, values }) => (overTime ? { x: key, y: values[place] } : values[place])),
      borderColor: colour(`--series-${1 + (place % 4)}`),
      backgroundColor: colour(`--series-${1 + (place % 4)}`),
      borderWidth: 2,
      pointRadius: points.length > 40 ? 0 : 2,
    }));
    const labels = overTime ? undefined : points.map(({ key }) => String(key));
    const data = { labels, datasets };
    const options = this.options(overTime, range, formats, shownKey, heads[0]);
    if (this.chart) {
      Object.assign(this.chart, { data, options });
      this.chart.update();
    } else {
      this.chart = new Chart(this.canvas, { type: kindOf(this.panel.state.type), data, options });
    }
  }

  options(overTime, range, formats, shownKey, keyTitle) {
    const [quiet, line] = [colour("--quiet"), colour("--line")];
    const time = { type: "linear", min: range.from, max: range.to };
    const ticks = overTime ? { callback: (at) => shownMoment(at, range.to - range.from, this.zone), maxTicksLimit: 7 } : {};
    const axis = this.panel.state.params?.valueAxes?.[0]?.title?.text ?? "";
    return {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      scales: {
        x: {
          ...(overTime ? time : { type: "category", title: { display: true, text: keyTitle, color: quiet } }),
          ticks: { ...ticks, color: quiet, maxRotation: 0, autoSkip: true },
          grid: { display: false },
        },
        y: {
          beginAtZero: true,
          title: { display: Boolean(axis), text: axis, color: quiet },
          ticks: { callback: (value) => formats[0](value), color: quiet },
          grid: { color: line },
        },
      },
      plugins: {
        legend: { display: this.panel.state.params?.addLegend !== false, position: "bottom", labels: { color: quiet } },
        tooltip: {
          callbacks: {
            title: ([item]) => shownKey(overTime ? item.parsed.x : item.label),
            label: (item) => `${item.dataset.label}: ${formats[item.datasetIndex](item.parsed.y)}`,
          },
        },
      },
    };
  }

  /** Give up the picture. */
  end() {
    this.chart?.destroy();
  }
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function element(tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}
