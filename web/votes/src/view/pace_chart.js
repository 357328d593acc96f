/** Votes per second, the first candidate's upwards and the second's downwards from one line. */

import { BarController, BarElement, CategoryScale, Chart, LinearScale } from "chart.js";

import { setText } from "./elements.js";

Chart.register(BarController, BarElement, CategoryScale, LinearScale);

/** On a narrow screen a bar of 180 would be thinner than a pixel and a half. */
const WIDE_SECONDS = 180;
const NARROW_SECONDS = 90;
const NARROW_PX = 520;

/** How many seconds fit on `canvas`. */
export function secondsThatFit(canvas) {
  return canvas.parentElement.clientWidth < NARROW_PX ? NARROW_SECONDS : WIDE_SECONDS;
}

export class PaceChart {
  /**
   * @param {import("../config.js").Candidate[]} candidates
   * @param {import("./palette.js").Palette} palette
   * @param {{canvas: HTMLCanvasElement, caption: HTMLElement, length: () => number}} place `length` in seconds
   */
  constructor(candidates, palette, { canvas, caption, length }) {
    Object.assign(this, { candidates, palette, canvas, caption, length });
    const bars = { barPercentage: 1, categoryPercentage: 0.82, borderRadius: 2, borderSkipped: false };
    this.chart = new Chart(this.canvas, {
      type: "bar",
      data: { labels: [], datasets: candidates.map(() => ({ data: [], ...bars })) },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        events: [],
        scales: {
          x: { stacked: true, grid: { display: false }, border: { display: false }, ticks: {} },
          y: { stacked: true, border: { display: false }, grid: {}, ticks: { maxTicksLimit: 7, precision: 0 } },
        },
        plugins: { legend: { display: false }, tooltip: { enabled: false } },
      },
    });
  }

  /** @param {{speech: import("../i18n.js").Speech, seconds: import("../seconds.js").SecondsWindow, last: number}} state */
  draw({ speech, seconds, last }) {
    const { chart } = this;
    const length = this.length();
    const series = this.candidates.map(({ id }) => seconds.series(id, last, length));
    const highest = Math.max(4, ...series.flat());
    chart.data.labels = Array.from({ length }, (_, index) => index - length + 1);
    series.forEach((votes, index) => {
      const dataset = chart.data.datasets[index];
      dataset.data = index === 0 ? votes : votes.map((count) => -count);
      dataset.backgroundColor = this.palette.colors[index];
    });
    this.#style(speech, highest, length);
    chart.update("none");
    setText(this.caption, speech.say("paceWindow", { count: length }));
    const parts = this.candidates.map((candidate, index) =>
      speech.say("paceSummaryPart", {
        candidate: speech.label(candidate),
        count: series[index].reduce((sum, votes) => sum + votes, 0),
        peak: Math.max(...series[index]),
      }),
    );
    this.canvas.setAttribute("aria-label", speech.say("paceSummary", { seconds: length, parts: speech.join(parts) }));
  }

  #style(speech, highest, length) {
    const { x, y } = this.chart.options.scales;
    const font = { family: this.palette.token("--text-font"), size: this.palette.fontSize * 0.75, weight: 500 };
    const color = this.palette.token("--soft");
    const rule = this.palette.token("--rule");
    y.suggestedMax = highest;
    y.suggestedMin = -highest;
    y.grid.color = ({ tick }) => (tick.value === 0 ? color : rule);
    y.ticks = { ...y.ticks, color, font, callback: (value) => speech.number(Math.abs(value)) };
    x.ticks = {
      color,
      font,
      maxRotation: 0,
      autoSkip: false,
      callback: (_, index) => {
        const ago = length - 1 - index;
        return ago % 30 === 0 && ago < length - 5 ? (ago === 0 ? speech.say("now") : speech.say("secondsAgo", { count: ago })) : null;
      },
    };
  }
}
