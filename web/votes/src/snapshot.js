/** What the server says of the votes, checked before anything is done with it. */

const STATES = ["open", "frozen", "closed"];

/**
 * @param {unknown} message the members of `GET /totals` or of a socket's `totals`
 * @returns {Snapshot | null} null when it is not such a message
 *
 * @typedef {{round: number, state: "open" | "frozen" | "closed", totals: Object<string, number>, version: number, seconds: [number, Object<string, number>][],
 *   online: number, at: number}} Snapshot `at` in ms
 */
export function readSnapshot(message) {
  // While a site is updated its API may still be the one before there were rounds.
  const { round = 1, state = "open", totals, version, seconds, online, at } = message ?? {};
  const sound =
    isCount(round) &&
    STATES.includes(state) &&
    isCounts(totals) &&
    isCount(version) &&
    isCount(online) &&
    Number.isFinite(at) &&
    Array.isArray(seconds) &&
    seconds.every((bucket) => Array.isArray(bucket) && isCount(bucket[0]) && isCounts(bucket[1]));
  return sound ? { round, state, totals, version, seconds, online, at } : null;
}

function isCount(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value) {
  return value !== null && typeof value === "object" && Object.values(value).every(isCount);
}
