// Pictures between two redraws, with a clock of the test's own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./stage.mjs";

const FILM = [[10, ["a", "b"]], [20, ["c", "d"]], [30, ["e", "f"]]];

function screen({ still = false, images = 2, plays = true } = {}) {
  const image = (name) => ({ href: { baseVal: name }, setAttribute() {} });
  let shown = Array.from({ length: images }, (_, i) => image(`old ${i}`));
  const plot = { dataset: {}, querySelectorAll: () => shown, redrawn: -300 }; // a redraw every 300 ms
  const seen = () => [plot.dataset.step, ...shown.map(({ href }) => href.baseVal)];
  const world = { matchMedia: () => ({ matches: still }), window: { plays } };
  const parts = stage("film.js", "playFilm, putBack, goOnOver", world);
  const redraw = () => {
    parts.putBack(plot);
    const before = seen().slice(1);
    shown = shown.map((_, i) => image(`new ${i}`));
    parts.goOnOver(plot, true);
    return before;
  };
  return { plot, seen, redraw, ...parts };
}

test("pictures are shown one after another at their own pace, and the figure is drawn below them", async () => {
  const { plot, playFilm, redraw, until, seen } = screen();
  playFilm(plot, FILM);
  assert.deepEqual(seen(), ["step 10", "a", "b"]);
  await until(99);
  assert.deepEqual(seen(), ["step 10", "a", "b"]);
  await until(101);
  assert.deepEqual(seen(), ["step 20", "c", "d"]);
  assert.deepEqual(redraw(), ["old 0", "old 1"]); // Plotly finds what it drew
  assert.deepEqual(seen(), ["step 20", "c", "d"]);
  await until(201);
  assert.deepEqual(seen(), ["step 30", "e", "f"]);
  await until(5000);
  assert.deepEqual(seen(), [undefined, "new 0", "new 1"]);
});

test("the last picture stays until the figure is drawn", async () => {
  const { plot, playFilm, redraw, until, seen } = screen({ plays: false });
  playFilm(plot, FILM.slice(2));
  await until(5000);
  assert.deepEqual(seen(), ["step 30", "e", "f"]);
  redraw();
  assert.deepEqual(seen(), [undefined, "new 0", "new 1"]);
});

test("a film that comes meanwhile takes the place of the one that plays", async () => {
  const { plot, playFilm, redraw, until, seen } = screen();
  playFilm(plot, FILM);
  await until(101);
  playFilm(plot, [[40, ["g", "h"]], [50, ["i", "j"]]]);
  await until(110);
  assert.deepEqual(seen(), ["step 40", "g", "h"]);
  assert.deepEqual(redraw(), ["old 0", "old 1"]);
  await until(5000);
  assert.deepEqual(seen(), [undefined, "new 0", "new 1"]);
});

test("a figure that is the same as the last is not drawn, and its film ends all the same", async () => {
  const { plot, playFilm, goOnOver, until, seen } = screen({ plays: false });
  playFilm(plot, FILM.slice(2));
  await until(0);
  goOnOver(plot, false);
  assert.deepEqual(seen(), [undefined, "old 0", "old 1"]);
});

test("a figure with other images than the pictures have shows its own", async () => {
  const { plot, playFilm, until, seen } = screen({ images: 1 });
  playFilm(plot, FILM);
  await until(5000);
  assert.deepEqual(seen(), [undefined, "old 0"]);
});

test("who wants less motion sees redraws alone", async () => {
  const { plot, playFilm, redraw, until, seen } = screen({ still: true });
  playFilm(plot, FILM);
  assert.deepEqual(seen(), [undefined, "old 0", "old 1"]);
  await until(5000);
  assert.deepEqual(seen(), [undefined, "old 0", "old 1"]);
  redraw();
  assert.deepEqual(seen(), [undefined, "new 0", "new 1"]);
});

test("a redraw without a film ends the one that plays", async () => {
  const { plot, playFilm, redraw, until, seen } = screen({ plays: false });
  playFilm(plot, FILM);
  playFilm(plot, []);
  redraw();
  await until(5000);
  assert.deepEqual(seen(), [undefined, "new 0", "new 1"]);
});

function curves({ still = false, plays = true } = {}) {
  const area = { width: 1000, setAttribute: (_, width) => (area.width = Math.round(width)) };
  const xaxis = { _id: "x", _length: 1000, d2p: (x) => 1000 * (x / plot._fullData[0].x.at(-1)) };
  const plot = { _fullLayout: { _plots: { xy: { clipId: "clip", xaxis } } }, querySelector: () => area };
  const world = { matchMedia: () => ({ matches: still }), window: { plays } };
  const { growCurves, until } = stage("film.js", "growCurves", world);
  const redraw = (...ends) => {
    plot._fullData = ends.map((end) => ({ xaxis: "x", x: [0, end] }));
    growCurves(plot);
  };
  return { redraw, until, area };
}

test("curves grow to what is new at the pace of the redraws", async () => {
  const { redraw, until, area } = curves();
  redraw(100);
  await until(1000);
  assert.equal(area.width, 1000); // nothing was there before
  redraw(200);
  assert.equal(area.width, 500);
  await until(1510);
  assert.ok(730 < area.width && area.width <= 755, area.width);
  await until(2100);
  assert.equal(area.width, 1000);
});

test("a redraw that comes before the curves have grown goes on from there", async () => {
  const { redraw, until, area } = curves();
  redraw(100);
  await until(1000);
  redraw(200);
  await until(1100);
  redraw(400);
  assert.equal(area.width, 500);
  await until(5000);
  assert.equal(area.width, 1000);
});

test("curves that begin anew while they grow are whole", async () => {
  const { redraw, until, area } = curves();
  redraw(100);
  await until(1000);
  redraw(200);
  redraw(50);
  assert.equal(area.width, 1000);
});

test("curves that begin anew, that rest, or of who wants less motion are whole at once", async () => {
  for (const { ends, ...how } of [{ ends: [200, 100] }, { ends: [100, 200], plays: false }, { ends: [100, 200], still: true }]) {
    const { redraw, until, area } = curves(how);
    redraw(ends[0]);
    await until(1000);
    redraw(ends[1]);
    assert.equal(area.width, 1000);
  }
});
