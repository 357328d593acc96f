/** The share of the vote as a ring, with the totals written beside it. */

import { ArcElement, Chart, DoughnutController } from "chart.js";

import { find, make, setText } from "./elements.js";

Chart.register(ArcElement, DoughnutController);

export class ShareChart {
  #rows = new Map();

  constructor(candidates, palette) {
    Object.assign(this, { candidates, palette, canvas: find("share") });
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.chart = new Chart(this.canvas, {
      type: "doughnut",
      // Three arcs from the beginning, the last one for nobody: an arc that is added later starts its animation from
      // its value over the old total, and with a large value Chart.js draws that many full circles.
      data: { labels: [], datasets: [{ data: [0, 0, 1], borderWidth: 3, borderRadius: 4 }] },
      options: {
        responsive: true,
        maintainAspectRatio: false,
        cutout: "62%",
        events: [],
        animation: { duration: 400, animateRotate: false },
        plugins: { legend: { display: false }, tooltip: { enabled: false } },
      },
    });
    candidates.forEach(({ id }, index) => {
      const row = { name: make("span", { className: "legend-name" }), share: make("span", { className: "legend-share" }), votes: make("span", { className: "legend-votes" }) };
      this.#rows.set(id, row);
      find("legend").append(
        make("li", { className: `legend-row legend-${index === 0 ? "first" : "second"}` }, row.name, row.share, row.votes),
      );
    });
  }

  /** @param {{speech: import("../i18n.js").Speech, counts: Object<string, number> | null, shares: Object<string, number | null>}} state */
  draw({ speech, counts, shares }) {
    const { chart, palette, candidates } = this;
    const shown = counts ?? {};
    const total = candidates.reduce((sum, { id }) => sum + (shown[id] ?? 0), 0);
    const [dataset] = chart.data.datasets;
    chart.data.labels = candidates.map((candidate) => speech.label(candidate));
    // The second comes first: the ring turns clockwise from the top, and its left half belongs to the first.
    const turned = candidates.map((_, index) => index).reverse();
    const parts = turned.map((index) => (total ? shown[candidates[index].id] / total : 0));
    dataset.data = [...parts, total ? 0 : 1];
    dataset.backgroundColor = [...turned.map((index) => palette.colors[index]), palette.token("--rule")];
    dataset.borderColor = palette.token("--card");
    chart.update(this.calm.matches ? "none" : undefined);
    const texts = candidates.map((candidate) => {
      const row = this.#rows.get(candidate.id);
      const share = speech.percent(shares[candidate.id]);
      const count = shown[candidate.id] ?? 0;
      setText(row.name, speech.label(candidate));
      setText(row.share, share);
      setText(row.votes, speech.say("votes", { count }));
      return speech.say("shareSummaryPart", { candidate: speech.label(candidate), share, count });
    });
    this.canvas.setAttribute("aria-label", total ? speech.say("shareSummary", { parts: speech.join(texts) }) : speech.say("shareNone"));
  }
}
