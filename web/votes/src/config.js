/** The site's `config.json`: where the API is, and who stands for election. */

import { luminance } from "./contrast.js";

/**
 * @param {unknown} config
 * @returns {Config} the same, checked
 * @throws {TypeError} that says what is wrong
 *
 * @typedef {{id: string, labels: Object<string, string>, color: {light: string, dark: string}, picture: string}} Candidate
 * @typedef {{apiUrl: string, socketUrl: string, candidates: Candidate[]}} Config
 */
export function readConfig(config) {
  const { api_url: apiUrl, socket_url: socketUrl, candidates } = config ?? {};
  check(/^https?:\/\//.test(apiUrl), "api_url is not an http address");
  check(/^wss?:\/\//.test(socketUrl), "socket_url is not a WebSocket address");
  check(Array.isArray(candidates) && candidates.length === 2, "candidates is not a list of two");
  check(candidates[0]?.id !== candidates[1]?.id, "the candidates have the same id");
  for (const { id, labels, color, picture } of candidates) {
    check(/^[a-z][a-z0-9_-]*$/.test(id), `a candidate's id is ${JSON.stringify(id)}`);
    check(Object.values(labels ?? {}).some((label) => typeof label === "string" && label), `${id} has no label`);
    check(/^[\w-]+\.svg$/.test(picture), `${id}'s picture is ${JSON.stringify(picture)}`);
    luminance(color?.light);
    luminance(color?.dark);
  }
  return { apiUrl: apiUrl.replace(/\/+$/, ""), socketUrl, candidates };
}

function check(sound, problem) {
  if (!sound) throw new TypeError(`config.json: ${problem}`);
}
