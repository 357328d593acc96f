/** Ranges of time, as dashboards name them, and the interval of a chart over one. */

const MILLISECONDS = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
const RELATIVE = /^now(?:([+-])(\d+)([smhdw]))?$/;

/** Milliseconds since the epoch of `now`, `now-24h`, or a date as text. */
export function moment(text, now) {
  const found = RELATIVE.exec(text);
  if (!found) {
    const absolute = Date.parse(text);
    if (Number.isNaN(absolute)) throw new Error(`“${text}” is no time that the page reads.`);
    return absolute;
  }
  const [, sign, amount, unit] = found;
  return sign ? now + (sign === "-" ? -1 : 1) * Number(amount) * MILLISECONDS[unit] : now;
}

/** From and to, in milliseconds. */
export function bounds({ from, to }, now) {
  return { from: moment(from, now), to: moment(to, now) };
}

const STEPS = ["1s", "5s", "10s", "30s", "1m", "5m", "10m", "30m", "1h", "3h", "12h", "1d", "7d", "30d", "90d", "365d"];
const MOST_BUCKETS = 100;

/** The interval that Dashboards takes for `auto`: the shortest of its own with no more than 100 buckets. */
export function autoInterval({ from, to }) {
  return STEPS.find((step) => (to - from) / milliseconds(step) <= MOST_BUCKETS) ?? STEPS.at(-1);
}

/** `{calendar_interval}` for one minute, hour or day, `{fixed_interval}` otherwise, as Dashboards asks. */
export function histogramInterval(interval) {
  return /^1[mhd]$/.test(interval) ? { calendar_interval: interval } : { fixed_interval: interval };
}

/** The length of an interval. */
export function milliseconds(interval) {
  const [, amount, unit] = /^(\d+)([smhdw])$/.exec(interval);
  return Number(amount) * MILLISECONDS[unit];
}

/** A moment for people, short enough for an axis: as much of it as `span` (ms) asks for. */
export function shownMoment(at, span, zone) {
  const day = { month: "short", day: "numeric" };
  const time = { hour: "2-digit", minute: "2-digit", hour12: false };
  const second = span < 10 * MILLISECONDS.m ? { second: "2-digit" } : {};
  const parts = span > 20 * MILLISECONDS.d ? day : span > MILLISECONDS.d ? { ...day, ...time } : { ...time, ...second };
  return new Intl.DateTimeFormat("en", { ...parts, timeZone: zone }).format(at);
}

/** A moment whole. */
export function fullMoment(at, zone) {
  const options = { dateStyle: "medium", timeStyle: "medium", timeZone: zone, hour12: false };
  return new Intl.DateTimeFormat("en", options).format(at);
}
