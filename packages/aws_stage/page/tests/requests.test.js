import assert from "node:assert/strict";
import { test } from "node:test";

import { dashboard, NotDrawn, parsed, shown } from "../src/objects.js";
import { chartRequest, points, query, tableRequest } from "../src/requests.js";
import { autoInterval, bounds, histogramInterval } from "../src/time.js";
import { formatter } from "../src/formats.js";

const HOUR = 36e5;
const RANGE = { from: Date.UTC(2026, 10, 30), to: Date.UTC(2026, 10, 31) };
const PANEL = { filters: [], timeField: "at", formats: {}, sort: [["at", "desc"]] };

const state = (...aggs) => ({ ...PANEL, state: { type: "line", aggs } });
const metric = (id, type, params) => ({ id, type, schema: "metric", params });
const segment = (type, params) => ({ id: "9", type, schema: "segment", params });

test("a line asks for averages over time as Dashboards does", () => {
  const panel = state(metric("1", "avg", { field: "fare" }), segment("date_histogram", { field: "at", interval: "auto" }));
  const { body, metrics, bucket } = chartRequest(panel, RANGE, "America/New_York");
  assert.deepEqual(body.aggs, {
    9: {
      date_histogram: { field: "at", fixed_interval: "30m", time_zone: "America/New_York", min_doc_count: 1 },
      aggs: { 1: { avg: { field: "fare" } } },
    },
  });
  assert.equal(body.size, 0);
  const [, within] = body.query.bool.filter;
  assert.equal(within.range.at.gte, "2026-11-30T00:00:00.000Z");
  assert.deepEqual(metrics, [{ id: "1", field: "fare", label: "avg fare" }]);
  assert.equal(bucket.kind, "date_histogram");
});

test("bars by count are ordered by the count, others by their metric", () => {
  const terms = segment("terms", { field: "zone", size: 20, order: "desc", orderBy: "1" });
  const counted = chartRequest(state(metric("1", "count", {}), terms), RANGE, "UTC");
  assert.deepEqual(counted.body.aggs[9].terms, { field: "zone", order: { _count: "desc" }, size: 20 });
  const summed = chartRequest(state(metric("1", "sum", { field: "n" }), terms), RANGE, "UTC");
  assert.deepEqual(summed.body.aggs[9].terms.order, { 1: "desc" });
  const answer = { aggregations: { 9: { buckets: [{ key: 4, doc_count: 7 }] } } };
  assert.deepEqual(points(answer, counted), [{ key: 4, values: [7] }]);
});

test("a bucket without a value is no zero", () => {
  const panel = state(metric("1", "avg", { field: "fare" }), segment("date_histogram", { field: "at", interval: "1h" }));
  const answer = { aggregations: { 9: { buckets: [{ key: 1, doc_count: 0, 1: { value: null } }] } } };
  assert.deepEqual(points(answer, chartRequest(panel, RANGE, "UTC")), [{ key: 1, values: [null] }]);
});

test("what is not drawn is named", () => {
  const over = segment("date_histogram", { field: "at", interval: "auto" });
  for (const panel of [
    state(metric("1", "percentiles", { field: "fare" }), over),
    state(metric("1", "count", {}), segment("geohash_grid", { field: "at" })),
    state(metric("1", "count", {}), { ...over, schema: "group" }, over),
    state(over),
    state(metric("1", "count", {}), segment("date_histogram", { field: "at", interval: "M" })),
  ]) {
    assert.throws(() => chartRequest(panel, RANGE, "UTC"), NotDrawn);
  }
});

test("filters, also negated ones, are in the query", () => {
  const filters = [{ meta: {}, query: { a: 1 } }, { meta: { negate: true }, query: { b: 1 } }];
  const { bool } = query({ filters, timeField: undefined }, RANGE);
  assert.deepEqual([bool.filter, bool.must_not], [[{ match_all: {} }, { a: 1 }], [{ b: 1 }]]);
  assert.throws(() => query({ filters: [{ meta: { type: "range" } }] }, RANGE), NotDrawn);
});

test("a search asks for its newest documents", () => {
  assert.deepEqual(tableRequest(PANEL, RANGE).sort, [{ at: { order: "desc", unmapped_type: "boolean" } }]);
});

test("intervals grow with the range, and one of a unit follows the calendar", () => {
  const found = [HOUR, 24 * HOUR, 100 * HOUR, 24 * 90 * HOUR].map((span) => autoInterval({ from: 0, to: span }));
  assert.deepEqual(found, ["1m", "30m", "1h", "1d"]);
  assert.deepEqual(histogramInterval("1h"), { calendar_interval: "1h" });
  assert.deepEqual(histogramInterval("3h"), { fixed_interval: "3h" });
});

test("ranges are relative to now or absolute, and nothing else", () => {
  assert.deepEqual(bounds({ from: "now-24h", to: "now" }, 24 * HOUR), { from: 0, to: 24 * HOUR });
  assert.equal(bounds({ from: "2026-11-30T00:00:00Z", to: "now" }, 1).from, Date.UTC(2026, 10, 30));
  assert.throws(() => bounds({ from: "now/d", to: "now" }, 1), /no time/);
});

test("a dashboard's panels follow their references, and what is lost is null", () => {
  const lines = [
    { type: "index-pattern", id: "p", attributes: { title: "a-*", timeFieldName: "at" }, references: [] },
    {
      type: "search",
      id: "s",
      attributes: { title: "S", kibanaSavedObjectMeta: { searchSourceJSON: '{"indexRefName":"i"}' } },
      references: [{ name: "i", type: "index-pattern", id: "p" }],
    },
    {
      type: "dashboard",
      id: "d",
      attributes: { title: "D", panelsJSON: '[{"gridData":{},"panelRefName":"x"},{"gridData":{},"panelRefName":"y"}]' },
      references: [{ name: "x", type: "search", id: "s" }, { name: "y", type: "search", id: "gone" }],
    },
    { exportedCount: 3 },
  ];
  const objects = parsed(lines.map((line) => JSON.stringify(line)).join("\n"));
  const board = dashboard(objects, "d");
  assert.deepEqual(board.panels.map(({ target }) => target?.id), ["s", undefined]);
  assert.equal(shown(objects, board.panels[0].target).index, "a-*");
  assert.equal(dashboard(objects, "none"), null);
  objects.delete("index-pattern:p");
  assert.throws(() => shown(objects, board.panels[0].target), NotDrawn);
});

test("values are shown as the index pattern says", () => {
  const formats = {
    fare: { id: "number", params: { pattern: "$0,0.00" } },
    rate: { id: "percent", params: { pattern: "0.0%" } },
  };
  assert.equal(formatter(formats, "fare")(1234.5), "$1,234.50");
  assert.equal(formatter(formats, "rate")(0.0123), "1.2%");
  assert.equal(formatter(formats, "zone")(132), "132");
  assert.equal(formatter(formats, "zone")(null), "–");
  assert.equal(formatter(formats, "text")("<b>"), "<b>");
});
