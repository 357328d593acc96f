/** The rest of the page: its texts, the language switch, the connection and the running figures. */

import { LANGUAGES } from "../i18n.js";
import { MESSAGES } from "../messages.js";
import { find, make, setText } from "./elements.js";

/** The text of each state of the connection. */
export const STATES = {
  connecting: "stateConnecting",
  live: "stateLive",
  asking: "stateAsking",
  broken: "stateBroken",
  offline: "stateOffline",
};

/** Make the language switch. */
export function makeLanguages(choose) {
  for (const language of LANGUAGES) {
    const { languageName } = MESSAGES[language];
    const button = make("button", { type: "button", lang: language, "data-language": language }, languageName);
    button.addEventListener("click", () => choose(language));
    find("languages").append(button);
  }
}

/** Say everything that does not change by itself in the language of `speech`. */
export function speakLanguage(speech, candidates = []) {
  document.documentElement.lang = speech.language;
  for (const element of document.querySelectorAll("[data-text]")) setText(element, speech.say(element.dataset.text));
  find("languages").setAttribute("aria-label", speech.say("languages"));
  for (const button of find("languages").children) {
    button.setAttribute("aria-pressed", String(button.dataset.language === speech.language));
  }
  if (!candidates.length) return;
  const [first, second] = candidates.map((candidate) => speech.label(candidate));
  document.title = speech.say("title", { first, second });
  const versus = make("span", { className: "title-versus" }, speech.say("versus"));
  find("title").replaceChildren(make("span", {}, first), " ", versus, " ", make("span", {}, second));
}

/** Whether votes are taken; how the connection is, "connecting", "live", "asking", "broken" or "offline"; and the votes that wait. */
export function drawConnection({ speech, state, voting, waiting }) {
  find("connection").dataset.state = state;
  const heard = state === "live" || state === "asking"; // else what is known of the round may be old
  const round = !heard || voting === "open" ? "" : ` · ${speech.say(voting)}`;
  const stuck = waiting > 0 ? ` · ${speech.say("waiting", { count: waiting })}` : "";
  setText(find("connection-text"), speech.say(STATES[state]) + round + stuck);
}

export function drawFigures({ speech, candidates, total, online, mine }) {
  setText(find("total"), total === null ? "–" : speech.say("votes", { count: total }));
  setText(find("online"), online === null ? "–" : speech.say("people", { count: online }));
  const own = candidates.map((candidate) => ({ candidate, count: mine[candidate.id] ?? 0 }));
  const all = own.reduce((sum, { count }) => sum + count, 0);
  const best = own.reduce((most, one) => (one.count > most.count ? one : most));
  const share = { candidate: speech.label(best.candidate), share: speech.percent((best.count * 100) / all) };
  const text = `${speech.say("votes", { count: all })} · ${speech.say("mineShare", share)}`;
  setText(find("mine"), all ? text : speech.say("mineNone"));
}

/** The page has no settings and cannot do anything. */
export function showBroken(speech) {
  const reload = make("button", { type: "button", className: "notice-dismiss" }, speech.say("reload"));
  reload.addEventListener("click", () => location.reload());
  const text = make("div", {}, make("p", {}, speech.say("broken")), make("p", {}, speech.say("brokenDetail")));
  find("notice").replaceChildren(text, reload);
}
