/** Puts the parts together: what a click sets off, and what is drawn when something came in. */

import { Backoff } from "./backoff.js";
import { readConfig } from "./config.js";
import { Feed } from "./feed.js";
import { HeldUp } from "./held_up.js";
import { Speech, chooseLanguage } from "./i18n.js";
import { LiveSocket } from "./live_socket.js";
import { Outbox } from "./outbox.js";
import { SecondsWindow } from "./seconds.js";
import { Sender } from "./sender.js";
import { ServerClock } from "./server_clock.js";
import { readSnapshot } from "./snapshot.js";
import { siteStorage } from "./storage.js";
import { Tabs } from "./tabs.js";
import { Tally, shares } from "./tally.js";
import { mintedAt, randomBytes, uuid4, uuid7Maker } from "./uuid7.js";
import { Visitor } from "./visitor.js";
import { VotesApi } from "./votes_api.js";
import { Announcer } from "./view/announcer.js";
import { Choices } from "./view/choices.js";
import { find, setText } from "./view/elements.js";
import { Notices } from "./view/notices.js";
import { PaceChart } from "./view/pace_chart.js";
import { drawConnection, drawFigures, makeLanguages, showBroken, speakLanguage } from "./view/page.js";
import { Painter } from "./view/painter.js";
import { Palette } from "./view/palette.js";
import { ShareChart } from "./view/share_chart.js";
import { ChartTable } from "./view/table.js";

/** A page that nobody looks at for this long stops listening, ms: each update is sent to each connection, and paid for. */
const AWAY_MS = 60_000;

const timers = {
  setTimeout: (run, wait) => setTimeout(run, wait),
  clearTimeout: (timer) => clearTimeout(timer),
};
const storage = siteStorage(window);
const visitor = new Visitor(storage);

/** Run the page with its settings. */
function run(config, page) {
  const { candidates } = config;
  const clock = new ServerClock(() => Date.now());
  const newId = uuid7Maker({ now: () => clock.now(), random: randomBytes });
  const { client } = visitor;
  const outbox = new Outbox(storage, uuid4(randomBytes));
  const heldUp = new HeldUp({ now: () => performance.now() });
  const tally = new Tally(candidates.map(({ id }) => id));
  const seconds = new SecondsWindow();
  const api = new VotesApi({ url: config.apiUrl, fetch: (...request) => fetch(...request), now: () => Date.now() });
  let online = null;

  const palette = new Palette(candidates, () => painter.touch());
  const notices = new Notices();
  const announcer = new Announcer({ write: (text) => setText(find("announcements"), text), timers });
  const choices = new Choices(candidates, vote);
  const charts = [new PaceChart(candidates, palette), new ShareChart(candidates, palette)];
  const table = new ChartTable(candidates, () => painter.touch());
  const painter = new Painter({ document, frame: (draw) => requestAnimationFrame(draw), draw });

  const sender = new Sender({
    outbox,
    api,
    timers,
    backoff: new Backoff({ base: 500, cap: 30_000, random: Math.random }),
    tell: (event, { vote_id: id, candidate }, outcome) => {
      if (event === "sending") tally.sending(id);
      else if (event === "accepted") tally.accepted(id);
      else if (event === "turned_away") tally.turnedAway(id);
      else if (event === "redated") tally.click(id, candidate);
      else if (event === "refused") {
        tally.refused(id);
        if (outcome.code !== "redated") notices.refused(outcome.code);
      }
      painter.touch();
    },
    redate: (made) => (clock.isHopelesslyAhead(mintedAt(made.vote_id)) ? { ...made, vote_id: newId() } : null),
  });

  const tabs = new Tabs({ locks: navigator.locks, outbox, inherited: () => sender.wake() });

  const feed = new Feed({
    api,
    timers,
    pace: new Backoff({ base: 4_000, cap: 30_000, random: Math.random }),
    socket: (handlers) =>
      new LiveSocket({
        url: config.socketUrl,
        open: (url) => new WebSocket(url),
        backoff: new Backoff({ base: 500, cap: 20_000, random: Math.random }),
        timers,
        ...handlers,
      }),
    receive: take,
    changed: (state) => {
      if (state === "live") sender.wake({ atOnce: true });
      if (state === "live" || state === "broken") announce(() => page.speech.say(state === "live" ? "becameLive" : "becameBroken"));
      painter.touch();
    },
  });

  function vote(candidate) {
    const made = { vote_id: newId(), candidate, client_id: client };
    outbox.put(made);
    tally.click(made.vote_id, candidate);
    sender.wake();
    const chosen = candidates.find(({ id }) => id === candidate);
    announce(() => `${page.speech.say("voted", { candidate: page.speech.label(chosen) })} ${standing()}`);
    painter.touch();
  }

  function take(message) {
    const snapshot = readSnapshot(message);
    if (!snapshot || !tally.snapshot(snapshot)) return;
    clock.heard(snapshot.at);
    seconds.take(snapshot.seconds);
    online = snapshot.online;
    painter.touch();
  }

  function announce(text) {
    announcer.say(text);
  }

  function standing() {
    const { shown } = tally;
    const parts = candidates.map((candidate) =>
      page.speech.say("standingPart", { candidate: page.speech.label(candidate), count: shown[candidate.id] }),
    );
    return page.speech.say("standing", { parts: page.speech.join(parts) });
  }

  function draw() {
    const { speech } = page;
    const { shown } = tally;
    const connection = navigator.onLine ? feed.state : "offline";
    const summary = outbox.summary();
    const counts = tally.known || Object.values(shown).some(Boolean) ? shown : null;
    const state = {
      speech,
      candidates,
      counts,
      shares: shares(shown),
      seconds,
      last: Math.floor(clock.now() / 1000),
      online,
      mine: summary.mine,
      waiting: heldUp.count(summary, connection === "live"),
      state: connection,
    };
    choices.draw(state);
    drawFigures(state);
    drawConnection(state);
    notices.draw(state);
    for (const chart of charts) chart.draw(state);
    table.draw(state);
  }

  function leaveWhenAway() {
    let leaving = null;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(leaving);
      if (document.visibilityState === "hidden") leaving = setTimeout(() => feed.stop(), AWAY_MS);
      else feed.start();
    });
  }

  window.addEventListener("storage", ({ key }) => {
    if (!Outbox.concerns(key)) return;
    tabs.watch();
    painter.touch();
  });
  window.addEventListener("online", () => {
    sender.wake({ atOnce: true });
    feed.back();
    painter.touch();
  });
  window.addEventListener("offline", () => {
    feed.lost();
    announce(() => page.speech.say("becameOffline"));
    painter.touch();
  });
  page.changed = () => painter.touch();
  setInterval(() => painter.touch(), 1000); // the window of seconds moves
  leaveWhenAway();
  tabs.live();
  tabs.watch();
  find("duel").hidden = find("charts").hidden = false;
  painter.touch();
  feed.start();
}

async function start() {
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
    run(config, page);
  } catch (error) {
    console.error(error);
    showBroken(page.speech);
  }
}

await start();
