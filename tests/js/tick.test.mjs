// When a page that plays asks for its next redraw.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./stage.mjs";

const plain = (value) => JSON.parse(JSON.stringify(value)); // of this world, not of the stage's

// Sends as Streamlit does: together what widgets say in one turn, as a matter of a part if one is among them.
function sender(world) {
  const sent = [];
  let batch;
  const say = (what, part) => {
    if (!batch) world.setTimeout(() => ([batch] = [undefined, sent.push(batch)]), 0);
    batch ??= { said: [] };
    batch.part ??= part;
    batch.said.push(what);
  };
  return { sent, say };
}

function page(whenAsked = () => {}) {
  const plots = [{ dataset: { key: "seen" } }, { dataset: { key: "below", waits: "" } }];
  const listeners = {};
  const [word, icon] = [{ data: "Pause" }, { data: "pause" }];
  const button = { querySelector: (part) => ({ firstChild: part === "p" ? word : icon }) };
  const document = {
    hidden: false,
    addEventListener: (kind, call) => (listeners[kind] = call),
    querySelector: () => button,
    querySelectorAll: (selector) => plots.filter(({ dataset }) => selector === ".plot" || "waits" in dataset),
  };
  const window = { addEventListener() {}, dispatchEvent() {} };
  const { main, until, globalThis: world } = stage("tick.js", "main, globalThis", { document, window, Event });
  const asked = [];
  const { sent, say } = sender(world);
  const place = { isConnected: true };
  const arrives = (frame, play = "first") => {
    plots[0].dataset.asked = frame;
    const setTriggerValue = (name, value) => {
      asked.push([value.frame, ...value.unseen]);
      say(name, "live part");
      queueMicrotask(whenAsked);
    };
    return main({ parentElement: place, data: { frame, seconds: 0, play }, setTriggerValue });
  };
  const draws = (frame) => (plots[0].dataset.revision = frame);
  const press = () => {
    const target = { closest: (selector) => (selector.includes("_transport") ? { textContent: word.data } : null) };
    listeners.click({ target });
  };
  return { arrives, draws, until, asked, place, document, window, listeners, press, word, sent, say, world };
}

test("the next redraw is computed while this one is drawn, and no second one waits", async () => {
  const { arrives, draws, until, asked } = page();
  arrives("1");
  await until(10);
  assert.deepEqual(asked, [["1", "below"]]);
  arrives("2");
  await until(500);
  assert.equal(asked.length, 1); // neither of the two is on the screen
  draws("2");
  await until(600);
  assert.deepEqual(asked.slice(1), [["2", "below"]]);
});

test("a chart that is never drawn stops a run for ten seconds, not for ever", async () => {
  const { arrives, until, asked } = page();
  arrives("1");
  arrives("2");
  await until(9_900);
  assert.deepEqual(asked, []);
  await until(10_100);
  assert.deepEqual(asked, [["2", "below"]]);
});

test("a hidden tab trains on without drawing", async () => {
  const { arrives, until, asked, document } = page();
  document.hidden = true;
  for (const frame of ["1", "2", "3"]) {
    arrives(frame);
    await until(100 * frame);
  }
  assert.equal(asked.length, 3);
});

test("a page that was left asks for nothing and no longer plays", async () => {
  const { arrives, until, asked, place, window } = page();
  const leave = arrives("1");
  place.isConnected = false;
  await until(20_000);
  assert.deepEqual(asked, []);
  leave();
  await until(20_001);
  assert.equal(window.plays, false);
});

test("a frame that comes after the way out was taken does not call back", async () => {
  const { arrives, draws, until, asked, listeners } = page();
  let followed = 0;
  const link = { isConnected: true, href: "there", click: () => (followed += 1) };
  const event = { isTrusted: true, button: 0, preventDefault() {}, stopImmediatePropagation() {} };
  event.target = { closest: (selector) => (selector.includes("stPageLink") ? link : null) };
  arrives("1");
  draws("1");
  listeners.click(event);
  await until(100);
  assert.equal(followed, 1);
  arrives("2");
  draws("2");
  await until(1_900);
  assert.deepEqual(asked, []);
  await until(2_100); // the page is still the same: its run goes on
  assert.deepEqual(asked, [["2", "below"]]);
});

test("the button says Play from the click on Pause until another Play", async () => {
  const { arrives, draws, until, press, word } = page();
  arrives("1");
  press();
  assert.equal(word.data, "Play");
  await until(600); // by now it has asked once more
  arrives("2"); // it was under way
  draws("2");
  assert.equal(word.data, "Play");
  arrives("3", "second");
  assert.equal(word.data, "Pause");
});

test("a wish that fails holds up none after it", async () => {
  const [document, window] = [{ addEventListener() {} }, { addEventListener() {} }];
  const { alone, until } = stage("tick.js", "alone", { document, window, Event });
  const sent = [];
  const failed = alone(() => {
    throw new Error("gone");
  }).catch(({ message }) => sent.push(message));
  alone(() => sent.push("next"));
  await until(10);
  await failed;
  assert.deepEqual(sent, ["gone", "next"]);
});

for (const order of ["before", "after"]) {
  test(`what a person sets just ${order} a redraw is asked for is a matter of the page`, async () => {
    const person = () => say("learning rate");
    const { arrives, until, sent, say, world } = page(order === "after" ? person : undefined);
    arrives("1");
    if (order === "before") world.setTimeout(person, 0);
    await until(10);
    const alone = [{ said: ["learning rate"] }, { said: ["due"], part: "live part" }];
    assert.deepEqual(plain(sent), order === "before" ? alone : alone.reverse());
  });
}
