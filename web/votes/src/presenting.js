/** The view for a projector, `?present`: it shows the vote, asks people to join it, and takes no votes itself (ADR 265). */

import { HeldUp } from "./held_up.js";
import { LiveTotals } from "./live_totals.js";
import { Outbox } from "./outbox.js";
import { Race } from "./race.js";
import { randomBytes, uuid4 } from "./uuid7.js";
import { Announcer } from "./view/announcer.js";
import { find, setText } from "./view/elements.js";
import { offerFullScreen } from "./view/full_screen.js";
import { Invitation } from "./view/invitation.js";
import { PaceChart } from "./view/pace_chart.js";
import { drawConnection, STATES } from "./view/page.js";
import { Painter } from "./view/painter.js";
import { Palette } from "./view/palette.js";
import { Scoreboard } from "./view/scoreboard.js";
import { stayAwake } from "./view/stay_awake.js";

const PACE_SECONDS = 60;
/** A screen reader hears of the lead, and not more often, ms: in a close race it changes all the time. */
const QUIET_MS = 10_000;

/** Whether an address asks for this view. */
export function isPresented({ search }) {
  return new URLSearchParams(search).has("present");
}

/** Run the view with its settings. It listens on while it is hidden, so that it misses no change of the lead. */
export function present(config, page, { storage, timers }) {
  const { candidates } = config;
  const outbox = new Outbox(storage, uuid4(randomBytes));
  const heldUp = new HeldUp({ now: () => performance.now() });
  const race = new Race(() => Date.now());
  const live = new LiveTotals({
    config,
    timers,
    touched: () => painter.touch(),
    became: (state) => announcer.say(() => page.speech.say(STATES[state])),
    counted: (round) => {
      const { leader: before } = race;
      race.take(live.tally.shown, round);
      if (race.leader && race.leader !== before) announcer.say(() => scoreboard.standing(page.speech, race, live.state.voting).join(" "));
    },
  });

  const announcer = new Announcer({ write: (text) => setText(find("announcements"), text), timers, quiet: QUIET_MS });
  const palette = new Palette(candidates, () => painter.touch());
  const scoreboard = new Scoreboard(candidates);
  const invitation = new Invitation(new URL(location.pathname, location.origin));
  const pace = new PaceChart(candidates, palette, {
    canvas: find("present-pace"),
    caption: find("present-pace-window"),
    length: () => PACE_SECONDS,
  });
  const painter = new Painter({ document, frame: (draw) => requestAnimationFrame(draw), draw });

  function draw() {
    const { speech } = page;
    const known = live.state;
    const waiting = heldUp.count(outbox.summary(), known.state === "live");
    const state = { ...known, speech, race, waiting };
    drawConnection(state);
    scoreboard.draw(state);
    invitation.draw(state);
    pace.draw(state);
  }

  window.addEventListener("storage", ({ key }) => {
    if (Outbox.concerns(key)) painter.touch();
  });
  page.changed = () => painter.touch();
  find("present").hidden = false;
  offerFullScreen(find("full-screen"));
  stayAwake(document, navigator.wakeLock);
  painter.touch();
  live.start();
}
