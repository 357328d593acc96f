/** The page on which people vote: what a click sets off, and what is drawn when something came in. */

import { Backoff } from "./backoff.js";
import { HeldUp } from "./held_up.js";
import { LiveTotals } from "./live_totals.js";
import { Outbox } from "./outbox.js";
import { Sender } from "./sender.js";
import { Tabs } from "./tabs.js";
import { mintedAt, randomBytes, uuid4, uuid7Maker } from "./uuid7.js";
import { Announcer } from "./view/announcer.js";
import { Choices } from "./view/choices.js";
import { find, setText } from "./view/elements.js";
import { Notices } from "./view/notices.js";
import { PaceChart, secondsThatFit } from "./view/pace_chart.js";
import { drawConnection, drawFigures } from "./view/page.js";
import { Painter } from "./view/painter.js";
import { Palette } from "./view/palette.js";
import { ShareChart } from "./view/share_chart.js";
import { ChartTable } from "./view/table.js";

/** A page that nobody looks at for this long stops listening, ms: each update is sent to each connection, and paid for. */
const AWAY_MS = 60_000;

/** Run the page with its settings. */
export function takeVotes(config, page, { storage, timers, visitor }) {
  const { candidates } = config;
  const { client } = visitor;
  const outbox = new Outbox(storage, uuid4(randomBytes));
  const heldUp = new HeldUp({ now: () => performance.now() });
  const becameTexts = { live: "becameLive", broken: "becameBroken", offline: "becameOffline" };
  const live = new LiveTotals({
    config,
    timers,
    touched: () => painter.touch(),
    became: (state) => {
      if (state === "live") sender.wake({ atOnce: true });
      announcer.say(() => page.speech.say(becameTexts[state]));
    },
  });
  const { clock, tally } = live;
  const newId = uuid7Maker({ now: () => clock.now(), random: randomBytes });

  const palette = new Palette(candidates, () => painter.touch());
  const notices = new Notices();
  const announcer = new Announcer({ write: (text) => setText(find("announcements"), text), timers });
  const choices = new Choices(candidates, vote);
  const canvas = find("pace");
  const pace = new PaceChart(candidates, palette, { canvas, caption: find("pace-window"), length: () => secondsThatFit(canvas) });
  const charts = [pace, new ShareChart(candidates, palette)];
  const table = new ChartTable(candidates, () => painter.touch());
  const painter = new Painter({ document, frame: (draw) => requestAnimationFrame(draw), draw });

  const sender = new Sender({
    outbox,
    api: live.api,
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

  function vote(candidate) {
    const made = { vote_id: newId(), candidate, client_id: client };
    outbox.put(made);
    tally.click(made.vote_id, candidate);
    sender.wake();
    const chosen = candidates.find(({ id }) => id === candidate);
    announcer.say(() => `${page.speech.say("voted", { candidate: page.speech.label(chosen) })} ${standing()}`);
    painter.touch();
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
    const summary = outbox.summary();
    const known = live.state;
    const waiting = heldUp.count(summary, known.state === "live");
    const state = { ...known, speech, candidates, mine: summary.mine, waiting };
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
      if (document.visibilityState === "hidden") leaving = setTimeout(() => live.feed.stop(), AWAY_MS);
      else live.feed.start();
    });
  }

  window.addEventListener("storage", ({ key }) => {
    if (!Outbox.concerns(key)) return;
    tabs.watch();
    painter.touch();
  });
  window.addEventListener("online", () => sender.wake({ atOnce: true }));
  page.changed = () => painter.touch();
  leaveWhenAway();
  tabs.live();
  tabs.watch();
  find("duel").hidden = find("charts").hidden = false;
  painter.touch();
  live.start();
}
