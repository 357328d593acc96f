/** Saved objects of OpenSearch Dashboards, read: texts of JSON become values, and references are followed. */

/** What this page does not draw, or cannot. */
export class NotDrawn extends Error {}

const TYPES = ["dashboard", "visualization", "search", "index-pattern"];

/** The objects of an export (newline-delimited JSON), by type and id. */
export function parsed(text) {
  const objects = new Map();
  for (const line of text.split("\n")) {
    if (!line.trim()) continue;
    const each = JSON.parse(line);
    if (TYPES.includes(each.type)) objects.set(key(each.type, each.id), each);
  }
  return objects;
}

/** Every dashboard, by title. */
export function dashboards(objects) {
  const found = [...objects.values()].filter((each) => each.type === "dashboard");
  return found.sort((one, other) => one.attributes.title.localeCompare(other.attributes.title));
}

/** A dashboard's time range, refresh interval (ms; 0: none) and panels; null when there is none of that id. */
export function dashboard(objects, id) {
  const found = objects.get(key("dashboard", id));
  if (!found) return null;
  const { title, description, panelsJSON, timeRestore, timeFrom, timeTo, refreshInterval } = found.attributes;
  return {
    title,
    description: description ?? "",
    range: timeRestore ? { from: timeFrom, to: timeTo } : { from: "now-15m", to: "now" },
    refresh: refreshInterval && !refreshInterval.pause ? refreshInterval.value : 0,
    panels: JSON.parse(panelsJSON).map((panel) => ({
      grid: panel.gridData,
      title: panel.embeddableConfig?.title ?? panel.title,
      target: target(objects, found, panel.panelRefName),
    })),
  };
}

/** What a panel shows: title, description, index pattern, filters, and a visualization's state or a search's columns. */
export function shown(objects, each) {
  const { title, description, kibanaSavedObjectMeta, visState, columns, sort } = each.attributes;
  const source = JSON.parse(kibanaSavedObjectMeta?.searchSourceJSON ?? "{}");
  if (source.query?.query) throw new NotDrawn(`The page does not read queries in ${source.query.language}.`);
  const pattern = target(objects, each, source.indexRefName);
  if (!pattern) throw new NotDrawn(`The index pattern of “${title}” is missing.`);
  return {
    title,
    description: description ?? "",
    index: pattern.attributes.title,
    timeField: pattern.attributes.timeFieldName,
    formats: JSON.parse(pattern.attributes.fieldFormatMap ?? "{}"),
    filters: (source.filter ?? []).filter((filter) => !filter.meta?.disabled),
    state: visState ? JSON.parse(visState) : null,
    columns: columns ?? [],
    sort: sort ?? [],
  };
}

function target(objects, each, name) {
  const reference = each.references.find((found) => found.name === name);
  return reference ? (objects.get(key(reference.type, reference.id)) ?? null) : null;
}

const key = (type, id) => `${type}:${id}`;
