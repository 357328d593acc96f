/** Reads the site's settings and runs the view that the address asks for: the page to vote on, or the projector's. */

import { readConfig } from "./config.js";
import { Speech, chooseLanguage } from "./i18n.js";
import { isPresented, present } from "./presenting.js";
import { siteStorage } from "./storage.js";
import { makeLanguages, showBroken, speakLanguage } from "./view/page.js";
import { Visitor } from "./visitor.js";
import { takeVotes } from "./voting.js";

const timers = {
  setTimeout: (run, wait) => setTimeout(run, wait),
  clearTimeout: (timer) => clearTimeout(timer),
};
const storage = siteStorage(window);
const visitor = new Visitor(storage);

async function start() {
  const presented = isPresented(location);
  document.documentElement.dataset.view = presented ? "present" : "vote";
  const page = { speech: null, candidates: [], changed: () => {} };
  const speak = (language) => {
    page.speech = new Speech(language);
    speakLanguage(page.speech, page.candidates);
    page.changed();
  };
  makeLanguages((language) => {
    visitor.language = language;
    speak(language);
  });
  speak(chooseLanguage(visitor.language, navigator.languages));
  try {
    const answer = await fetch("config.json", { cache: "no-store", credentials: "omit" });
    if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
    const config = readConfig(await answer.json());
    page.candidates = config.candidates;
    speak(page.speech.language);
    (presented ? present : takeVotes)(config, page, { storage, timers, visitor });
  } catch (error) {
    console.error(error);
    showBroken(page.speech);
  }
}

await start();
