/** What the page asks of the domain that it was loaded from. */

/** The body of an answer as JSON; throws with the domain's own words when it refuses. */
async function asked(path, options) {
  const answer = await fetch(path, { cache: "no-store", ...options });
  if (answer.ok) return answer;
  const document = await answer.json().catch(() => ({}));
  const reason = document.error?.reason ?? document.message ?? document.Message ?? answer.statusText;
  throw new Error(`The domain answered ${answer.status}: ${reason}`);
}

const JSON_BODY = { "content-type": "application/json" };

/** Every saved object, as an export has them. */
export async function exported() {
  const types = ["dashboard", "visualization", "search", "index-pattern"];
  const options = { method: "POST", headers: { ...JSON_BODY, "osd-xsrf": "true" }, body: JSON.stringify({ type: types }) };
  return (await asked("/_dashboards/api/saved_objects/_export", options)).text();
}

/** The answer to a search; an index pattern that matches nothing finds nothing. */
export async function search(index, body) {
  const path = `/${encodeURIComponent(index)}/_search?ignore_unavailable=true`;
  return (await asked(path, { method: "POST", headers: JSON_BODY, body: JSON.stringify(body) })).json();
}
