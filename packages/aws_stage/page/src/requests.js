/** The `_search` requests that Dashboards sends for a visualization and for a search. */

import { NotDrawn } from "./objects.js";
import { autoInterval, histogramInterval } from "./time.js";

const METRICS = ["avg", "sum", "min", "max", "cardinality"];
const ROWS = 500;

/** The query of a panel: its filters, and its time field within `range` (ms). */
export function query({ filters, timeField }, range) {
  const clause = { bool: { must: [], filter: [{ match_all: {} }], should: [], must_not: [] } };
  for (const filter of filters) {
    if (!filter.query) throw new NotDrawn(`The page does not read a filter of type ${filter.meta?.type}.`);
    clause.bool[filter.meta?.negate ? "must_not" : "filter"].push(filter.query);
  }
  if (timeField) {
    const gte = new Date(range.from).toISOString();
    const lte = new Date(range.to).toISOString();
    clause.bool.filter.push({ range: { [timeField]: { gte, lte, format: "strict_date_optional_time" } } });
  }
  return clause;
}

const parts = ({ timeField }) => ({
  stored_fields: ["*"],
  script_fields: {},
  docvalue_fields: timeField ? [{ field: timeField, format: "date_time" }] : [],
  _source: { excludes: [] },
});

/** Of a chart: the body, its metrics `[{id, label, field}]`, and its bucket `{id, kind, field, label}`. */
export function chartRequest(panel, range, zone) {
  const aggs = panel.state.aggs.filter((each) => each.enabled !== false);
  const metrics = aggs.filter((each) => each.schema === "metric");
  const buckets = aggs.filter((each) => each.schema === "segment");
  const other = aggs.find((each) => !metrics.includes(each) && !buckets.includes(each));
  if (other || buckets.length !== 1 || !metrics.length) {
    throw new NotDrawn("The page draws charts with numbers over one bucket, and no more.");
  }
  const below = {};
  for (const { id, type, params } of metrics) {
    if (type === "count") continue;
    if (!METRICS.includes(type)) throw new NotDrawn(`The page does not draw “${type}”.`);
    below[id] = { [type]: { field: params.field } };
  }
  const [bucket] = buckets;
  const aggregation = { ...bucketRequest(bucket, metrics, range, zone), aggs: below };
  return {
    body: {
      aggs: { [bucket.id]: aggregation },
      size: 0,
      ...parts(panel),
      query: query(panel, range),
      track_total_hits: true,
    },
    metrics: metrics.map(({ id, type, params }) => ({ id, field: params.field, label: label(type, params) })),
    bucket: { id: bucket.id, kind: bucket.type, field: bucket.params.field, label: bucket.params.customLabel },
  };
}

function bucketRequest({ type, params }, metrics, range, zone) {
  if (type === "date_histogram") {
    const interval = params.interval === "auto" ? autoInterval(range) : params.interval;
    if (!/^\d+[smhdw]$/.test(interval)) throw new NotDrawn(`The page does not read the interval “${interval}”.`);
    const asked = { ...histogramInterval(interval), time_zone: zone, min_doc_count: params.min_doc_count ?? 1 };
    return { date_histogram: { field: params.field, ...asked } };
  }
  if (type === "terms") {
    const counts = metrics.find((each) => each.id === params.orderBy)?.type === "count";
    const by = counts ? "_count" : params.orderBy;
    return { terms: { field: params.field, order: { [by]: params.order }, size: params.size } };
  }
  throw new NotDrawn(`The page does not draw buckets of “${type}”.`);
}

const label = (type, params) => params.customLabel || (type === "count" ? "Count" : `${type} ${params.field}`);

/** The numbers of an answer: `[{key, values: [number | null, …]}]`, a value for each metric. */
export function points(answer, { metrics, bucket }) {
  const buckets = answer.aggregations?.[bucket.id]?.buckets ?? [];
  return buckets.map((each) => ({
    key: each.key,
    values: metrics.map(({ id }) => (each[id] ? each[id].value : each.doc_count)),
  }));
}

/** Of a saved search, the newest documents. */
export function tableRequest(panel, range) {
  const sort = panel.sort.map(([field, order]) => ({ [field]: { order, unmapped_type: "boolean" } }));
  return { version: true, size: ROWS, sort, ...parts(panel), query: query(panel, range), track_total_hits: true };
}

/** How many documents an index pattern has, and when the first and the last of them were. */
export function extentRequest({ timeField }) {
  return { size: 0, aggs: { first: { min: { field: timeField } }, last: { max: { field: timeField } } } };
}
