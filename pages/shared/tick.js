// Asks for the next redraw of a live page, once the one before this is on the screen: while one is
// drawn the next is computed, and never do two wait, so that what a person does is answered at once,
// however slow the browser is. Pause says so at the click itself: the server's answer waits for the
// slice of steps that is under way.

const LOST_MS = 10_000; // a chart that fails, or a request that got lost, stops nothing
const PAUSE_MS = 500; // the answer to Pause may take the place of a redraw, whose steps were made
const LEAVE_MS = 2000; // a frame that comes after the way out was taken asks for nothing so long
const MOST_TURNS = 50; // something that sets timers without end does not hold up a run
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const drawn = () =>
  document.hidden || // nothing is drawn there, and it trains on
  Array.from(document.querySelectorAll(".plot")).every(
    ({ dataset }) => dataset.revision === dataset.asked || "waits" in dataset, // out of view
  );
async function drawnSince(began) {
  do {
    await sleep(20);
  } while (!drawn() && performance.now() < began + LOST_MS);
}
let last = 0; // when it last asked
let latest; // the frame on the screen
let place; // where it stands; a page that was left takes it away, and may not say so
let asked; // the frame whose successor was asked for
let again = () => {}; // asks for it once more
let onScreen = Promise.resolve(); // the frame, with all its charts
let leaving = false;
let play; // which Play the frame on the screen goes by
let paused; // the one that a person paused; a frame that was under way still comes after it
const plays = () => latest !== undefined && place.isConnected;

const PLAY = "[class*=_transport] [data-testid=stBaseButton-primary]";
function say(word, icon) {
  const button = document.querySelector(PLAY);
  const nodes = ["p", "[data-testid=stIconMaterial]"].map((part) => button?.querySelector(part)?.firstChild);
  if (nodes.every(Boolean)) [nodes[0].data, nodes[1].data] = [word, icon]; // React changes these same nodes
}

export default function ({ parentElement, data, setTriggerValue }) {
  latest = data.frame;
  place = parentElement;
  window.plays = true;
  play = data.play;
  if (play && paused && play !== paused) {
    paused = undefined;
    say("Pause", "pause");
  }
  const wanted = () => latest === data.frame && plays() && !leaving;
  again = () =>
    alone(() => {
      if (!wanted()) return;
      last = performance.now();
      asked = data.frame;
      const unseen = Array.from(document.querySelectorAll(".plot[data-waits]"), (plot) => plot.dataset.key);
      setTriggerValue("due", { frame: data.frame, unseen });
    });
  const before = onScreen;
  onScreen = drawnSince(performance.now());
  const ask = async () => {
    await before;
    await sleep(last + 1000 * data.seconds - performance.now());
    while (wanted()) {
      await again();
      await sleep(LOST_MS);
    }
  };
  ask();
  return () => {
    if (latest === data.frame) latest = undefined;
    setTimeout(rest); // unless the next frame takes its place
  };
}

// Streamlit sends together what widgets say within one turn of the timers, and where a live part is
// among them as a matter of that part: what a person set beside it would reach no run of the page.
// So a part's wish is sent at once, and when nothing else waits to be sent.
const timer = globalThis.setTimeout;
let wishes = Promise.resolve();
const alone = (send) => {
  const next = () => sendAlone(send);
  return (wishes = wishes.then(next, next)); // one that failed holds up none after it
};
async function sendAlone(send) {
  for (let turn = 0, others = true; others && turn < MOST_TURNS; turn += 1) {
    others = false;
    globalThis.setTimeout = (call, ms, ...more) => {
      others ||= ms === 0;
      return timer(call, ms, ...more);
    };
    await new Promise((done) => timer(done, 0));
    globalThis.setTimeout = timer;
  }
  const due = [];
  globalThis.setTimeout = (call, ms, ...more) => (ms === 0 ? due.push(call) : timer(call, ms, ...more));
  try {
    send();
  } finally {
    globalThis.setTimeout = timer;
  }
  due.forEach((call) => call());
}

function rest() {
  if (plays()) return;
  window.plays = false;
  window.dispatchEvent(new Event("rests"));
}

// A request that reaches the server after the wish for another page is answered into that page,
// which is then left blank. So nothing more is asked on the way out, and the way out is taken when
// what was asked is answered.
async function leave(event, go) {
  if (!event.isTrusted || !plays()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (leaving) return;
  leaving = true;
  const until = performance.now() + LOST_MS;
  while (plays() && asked === latest && performance.now() < until) await sleep(10);
  latest = undefined;
  leaving = false;
  last = performance.now() + LEAVE_MS;
  go();
}

// A redraw that was waited for may have drawn the link anew, or folded the menu that it was in.
function follow(link) {
  const same = [link, ...document.querySelectorAll("a")].find((one) => one.isConnected && one.href === link.href);
  if (same) return same.click();
  history.pushState(null, "", link.href);
  window.dispatchEvent(new PopStateEvent("popstate", { state: null }));
}

document.addEventListener(
  "click",
  (event) => {
    if (event.target.closest?.(PLAY)?.textContent.includes("Pause")) {
      paused = play;
      say("Play", "play_arrow");
      setTimeout(() => again(), PAUSE_MS);
    }
    const link = event.target.closest?.("[data-testid^=stPageLink] a, a[data-testid^=stPageLink]");
    const here = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (link && here) leave(event, () => follow(link)); // else it opens in a new tab
  },
  true,
);
window.addEventListener(
  "popstate",
  (event) => leave(event, () => window.dispatchEvent(new PopStateEvent("popstate", { state: event.state }))),
  true,
);
