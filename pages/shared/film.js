// What the images of a chart show between two redraws of a run that plays, and ahead of a redraw of
// one that rests: pictures are shown as soon as they come, the figure when its turn to be drawn is.
// And how its curves come from one redraw to the next.

const STILL_MS = 1000; // so long after its film a chart of a run that plays still counts as moving
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Shows pictures at the pace at which they were computed, the last of them until the figure with the
// same images is drawn. What else is of one moment is hidden meanwhile.
async function playFilm(plot, film) {
  const began = performance.now();
  const pace = Math.min(Math.max(began - (plot.redrawn ?? began), 100), 2000) / film.length;
  plot.redrawn = began;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) film = [];
  const { images, sources } = plot.film ?? own(plot); // the figure's own, whatever is shown over them
  const mine = (plot.film = { images, sources, ends: film.length === 0 });
  for (const [i, picture] of film.entries()) {
    mine.picture = picture;
    showPicture(plot);
    if (i < film.length - 1) await sleep(began + (i + 1) * pace - performance.now());
    if (plot.film !== mine) return;
  }
  mine.ends = true;
  await sleep(window.plays ? STILL_MS : 0);
  if (plot.film === mine && mine.drawn) endFilm(plot);
}

function own(plot) {
  const images = [...plot.querySelectorAll(".main-svg image")];
  return { images, sources: images.map((image) => image.href.baseVal) };
}

function showPicture(plot) {
  const { images, picture } = plot.film;
  if (!picture || picture[1].length !== images.length) return;
  images.forEach((image, k) => {
    image.setAttribute("preserveAspectRatio", "none");
    image.href.baseVal = picture[1][k];
  });
  plot.dataset.step = `step ${picture[0].toLocaleString("en")}`;
}

// Puts the figure's own images back: Plotly does not, where a newer figure has the same.
function putBack(plot) {
  plot.film?.images.forEach((image, k) => (image.href.baseVal = plot.film.sources[k]));
}

function endFilm(plot) {
  putBack(plot);
  delete plot.film;
  delete plot.dataset.step;
}

// What is played goes on over a figure that was drawn meanwhile; at its end the figure stays.
function goOnOver(plot, redrawn) {
  if (!plot.film) return;
  Object.assign(plot.film, redrawn ? own(plot) : {}, { drawn: true });
  if (plot.film.ends && !window.plays) endFilm(plot);
  else showPicture(plot);
}

const GLIDE_MS = 60; // between two widths of a curve that grows

// Lets the curves of a run grow to what was recorded since the last redraw, at the pace at which that
// was computed: what is right of there is cut off so long.
async function growCurves(plot) {
  const began = performance.now();
  const time = Math.min(began - (plot.grewAt ?? -Infinity), 2000);
  const before = plot.ends;
  const mine = (plot.ends = {});
  plot.grewAt = began;
  const parts = Object.entries(plot._fullLayout._plots).map(([name, { clipId, xaxis }]) => {
    const lines = plot._fullData.filter((trace) => trace.xaxis === xaxis._id && trace.x?.length);
    mine[name] = Math.max(...lines.map(({ x }) => x.at(-1)));
    const [from, to] = [before?.[name], mine[name]].map((x) => Math.min(xaxis.d2p(x), xaxis._length));
    return { name, area: plot.querySelector(`#${clipId} rect`), from, to };
  });
  const whole = (name) => plot._fullLayout._plots[name]?.xaxis._length ?? 0; // also of a new size
  const grow = (share) => {
    for (const { name, area, from, to } of parts) {
      const grows = share < 1 && from >= 0 && from < to;
      area?.setAttribute("width", grows ? from + share * (to - from) : whole(name));
    }
  };
  const still = !window.plays || matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (let share = 0; !still && share < 1; share = (performance.now() - began) / time) {
    grow(share);
    await sleep(GLIDE_MS);
    if (plot.ends !== mine) return;
  }
  grow(1);
}
