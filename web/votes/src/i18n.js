/** Which language the page speaks, and how it says a thing. */

import { MESSAGES } from "./messages.js";

export const LANGUAGES = Object.keys(MESSAGES);
const FALLBACK = "en";

/** The language chosen earlier, else the first of the browser's that the page speaks, else English. */
export function chooseLanguage(chosen, browserLanguages) {
  const wanted = [chosen, ...browserLanguages].map((tag) => String(tag ?? "").toLowerCase().split("-")[0]);
  return wanted.find((language) => LANGUAGES.includes(language)) ?? FALLBACK;
}

/** Texts and numbers in one language. */
export class Speech {
  /** @param {string} language one of LANGUAGES */
  constructor(language) {
    this.language = language;
    this.messages = MESSAGES[language];
    this.plural = new Intl.PluralRules(language);
    this.numbers = new Intl.NumberFormat(language);
    this.times = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
    this.percents = new Intl.NumberFormat(language, {
      style: "percent",
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    });
  }

  /** The text `key` with `{name}`s filled in; `count`, a number, also chooses the plural form and is formatted. */
  say(key, values = {}) {
    const message = this.messages[key];
    if (message === undefined) throw new RangeError(`no text "${key}" in ${this.language}`);
    const text = typeof message === "string" ? message : (message[this.plural.select(values.count)] ?? message.other);
    return text.replace(/\{(\w+)\}/g, (_, name) => {
      const value = values[name];
      return typeof value === "number" ? this.number(value) : String(value);
    });
  }

  /** Several parts as one text. */
  join(parts) {
    return parts.join(this.messages.list);
  }

  number(value) {
    return this.numbers.format(value);
  }

  /** @param {number | null} value in percent, 0 to 100; null, when there is none, is a dash */
  percent(value) {
    return value === null ? "–" : this.percents.format(value / 100);
  }

  /** @param {number} at in ms; the device's time of day */
  time(at) {
    return this.times.format(at);
  }

  /** A candidate's label in this language, else in any that it has. */
  label(candidate) {
    return candidate.labels[this.language] ?? candidate.labels[FALLBACK] ?? Object.values(candidate.labels)[0];
  }
}
