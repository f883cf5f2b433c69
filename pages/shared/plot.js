// Draws a figure with Plotly.react, which changes the chart in place: zoom, hidden lines and the
// open hover survive a redraw. Looks are those of TEMPLATE, which the server puts ahead of this
// file together with film.js, with the colors and fonts of Streamlit's theme.

function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  window.plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.js could not be loaded"));
    document.head.append(script);
  });
  return window.plotlyLoading;
}

// One chart at a time, after all that the browser has to do for the person: a click is answered
// between two charts, and the charts of an older redraw are then not drawn at all.
function inTurn(draw) {
  const free = () => window.scheduler?.postTask(() => {}, { priority: "background" }) ?? new Promise(requestIdleCallback);
  const drawn = (window.lastPlot ?? Promise.resolve()).then(free).then(draw);
  window.lastPlot = drawn.catch(() => {}); // one that fails does not stop the others
  return drawn;
}

// While a run plays (see tick.js), a chart out of view waits until it comes into view or the run
// rests: what nobody sees costs nothing.
function whenSeen(plot) {
  return new Promise((go) => {
    const end = () => {
      watch.disconnect();
      window.removeEventListener("rests", end);
      delete plot.dataset.waits;
      go();
    };
    const watch = new IntersectionObserver((seen) => {
      if (!window.plays || seen.some((entry) => entry.isIntersecting)) end();
      else plot.dataset.waits = "";
    }, { rootMargin: "200px" });
    window.addEventListener("rests", end);
    watch.observe(plot);
    plot.stopWaiting = end;
  });
}

const THEME = ["font", "text-color", "background-color", "border-color-light", "primary-color"];

const themed = new Map(); // templates by their colors: the same object is not compared anew

function template(color) {
  const colors = THEME.map(color).join();
  if (!themed.has(colors)) themed.set(colors, withTheme(structuredClone(TEMPLATE), color));
  return themed.get(colors);
}

function withTheme(template, color) {
  const [text, background, border] = ["text-color", "background-color", "border-color-light"].map(color);
  const { layout } = template;
  Object.assign(layout, { paper_bgcolor: background, plot_bgcolor: background });
  layout.font = { ...layout.font, family: color("font"), color: text };
  layout.hoverlabel = { bgcolor: background, bordercolor: border, font: { color: text } };
  // Buttons and sliders that play an animation; Plotly's own fill of a button is always light.
  layout.updatemenudefaults = { bgcolor: background, bordercolor: border, showactive: false };
  layout.sliderdefaults = { bgcolor: color("primary-color"), bordercolor: border, tickcolor: border };
  for (const axis of ["xaxis", "yaxis"]) {
    layout[axis] = { ...layout[axis], gridcolor: border, tickfont: { color: text } };
  }
  return template;
}

const ARRAYS = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array };

// Plain arrays of numbers for those that travel as base64; Plotly unpacks maps itself.
function unpacked(value) {
  if (Array.isArray(value)) return value.map(unpacked);
  if (value === null || typeof value !== "object") return value;
  const { bdata, dtype, shape } = value;
  if (bdata && !shape) return new ARRAYS[dtype](Uint8Array.from(atob(bdata), (c) => c.charCodeAt(0)).buffer);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unpacked(part)]));
}

// The traces with the very arrays of the last figure where they have not changed: Plotly calculates
// anew where an array is another one, whatever it holds.
function sameWhereSame(plot, traces) {
  const before = plot.traces ?? [];
  plot.traces = traces.map((trace, i) => {
    const text = JSON.stringify(trace);
    return before[i]?.text === text ? before[i] : { text, trace: unpacked(trace) };
  });
  return plot.traces.map(({ trace }) => copied(trace)); // in which Plotly may note what it likes
}

function copied(value) {
  if (value?.constructor !== Object) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copied(part)]));
}

// Data coordinates of a click within the axes of the first subplot, or null.
function clickedPoint(plot, event) {
  if (!event.target.closest(".nsewdrag")) return null;
  const { left, top } = plot.getBoundingClientRect();
  const { xaxis, yaxis } = plot._fullLayout;
  const x = xaxis.p2d(event.clientX - left - xaxis._offset);
  const y = yaxis.p2d(event.clientY - top - yaxis._offset);
  const inside = (value, axis) => {
    const [low, high] = axis.range.map((end) => axis.r2d(end)).sort((a, b) => a - b);
    return low <= value && value <= high;
  };
  return inside(x, xaxis) && inside(y, yaxis) ? { x, y } : null;
}

function reportClick(event) {
  const plot = event.currentTarget;
  const point = plot.clicks && clickedPoint(plot, event);
  if (point) plot.setTriggerValue("clicked", point);
}

// One crosshair through all charts of a run that count the same along their horizontal axis: a line
// of the page's own over each drawing, so that Plotly draws nothing and reports nothing.
const COUNTED = {
  step: (x) => `step ${x.toLocaleString("en")}`,
  epoch: (x) => `epoch ${x.toFixed(2)}`,
  seconds: (x) => `${Number(x.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 })} s`,
};

// Puts the line of one chart where the pointer is in any of them, or takes it away.
function showCrosshair(plot) {
  const { axis, x } = window.crosshair ?? {};
  const { xaxis, yaxis } = plot._fullLayout ?? {};
  const right = axis && plot.dataset.axis === axis && xaxis ? xaxis.d2p(x) : -1;
  const shown = right >= 0 && right <= xaxis._length;
  if (!shown && !plot.crosshair) return;
  if (!plot.crosshair) {
    plot.crosshair = document.createElement("div");
    plot.crosshair.className = "crosshair";
    plot.crosshair.append(document.createElement("span"));
    plot.append(plot.crosshair);
  }
  plot.crosshair.hidden = !shown;
  if (!shown) return;
  const place = { left: xaxis._offset + right, top: yaxis._offset, height: yaxis._length };
  for (const [name, pixels] of Object.entries(place)) plot.crosshair.style[name] = `${pixels}px`;
  plot.crosshair.classList.toggle("late", right > xaxis._length / 2);
  plot.crosshair.firstChild.textContent = COUNTED[axis](x);
}

// Where the pointer is on the axis of a chart of a run, or null.
function pointed({ target, clientX, clientY }) {
  const plot = target.closest?.(".plot[data-axis]");
  if (!plot?._fullLayout) return null;
  const { left, top } = plot.getBoundingClientRect();
  const { xaxis, yaxis } = plot._fullLayout;
  const [right, down] = [clientX - left - xaxis._offset, clientY - top - yaxis._offset];
  if (right < 0 || right > xaxis._length || down < 0 || down > yaxis._length) return null;
  const { axis } = plot.dataset;
  const x = xaxis.p2d(right);
  return { axis, x: axis === "step" ? Math.round(x) : x };
}

// Listens once for all charts, however often this file is read.
function followPointer() {
  if (window.followsPointer) return;
  window.followsPointer = true;
  let moved = null;
  const follow = () => {
    const before = window.crosshair;
    window.crosshair = pointed(moved);
    moved = null;
    if (window.crosshair || before) document.querySelectorAll(".plot").forEach(showCrosshair);
  };
  const note = (event) => {
    if (!moved) requestAnimationFrame(follow);
    moved = event;
  };
  document.addEventListener("mousemove", note, { passive: true });
  document.documentElement.addEventListener("mouseleave", note);
}

const TOOLBAR = 170; // pixels beside a title, where there is a mouse that brings the toolbar up
const canvas = document.createElement("canvas").getContext("2d");

// Breaks a text between words, so that no line is wider than the room; it may hold tags.
function broken(text, room, font) {
  canvas.font = font;
  const fits = (line) => canvas.measureText(line.replace(/<[^>]*>/g, "").replace(/&\w+;/g, "x")).width <= room;
  const lines = [];
  for (const part of text.split("<br>")) {
    lines.push("");
    for (const word of part.split(/ (?![^<]*>)/)) {
      const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
      if (!lines.at(-1) || fits(longer)) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
  }
  return lines.join("<br>");
}

// Title and headings of panels in the lines that a chart of this width has room for. Where Plotly
// makes the room for a title itself, it moves one of several lines up, out of the picture; else it
// counts from the first line's foot.
function inLines(layout, width, family) {
  const beside = window.matchMedia("(hover: hover)").matches ? TOOLBAR : 0;
  const title = { ...layout.title, text: broken(layout.title.text, width - beside, `600 17px ${family}`) };
  const further = title.text.split("<br>").length - 1;
  const margin = { ...layout.margin, t: layout.margin.t + 23 * further };
  if (further) Object.assign(title, { automargin: false, pad: { ...title.pad, t: title.pad.t + 12 } });
  const panels = Object.keys(layout).filter((key) => /^xaxis/.test(key)).map((key) => layout[key].domain ?? [0, 1]);
  const annotations = layout.annotations?.map((note) => {
    const panel = panels.find(([low, high]) => low <= note.x && note.x <= high);
    if (note.xref !== "paper" || note.yanchor !== "bottom" || note.showarrow || !panel) return note;
    const room = (panel[1] - panel[0]) * (width - 60); // less what the axis to the left takes
    if (broken(note.text, room, `16px ${family}`) === note.text) return note;
    return { ...note, text: broken(note.text, room, `12px ${family}`), font: { ...note.font, size: 12 } };
  });
  return annotations ? { title, margin, annotations } : { title, margin };
}

// The checksum of a PNG chunk (ISO 3309).
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

// An image that says where it was made: a PNG in a text chunk ahead of its pixels, an SVG in its
// metadata; pages/shared/origins.py reads it. The text is ASCII.
function withOrigin(url, kind, origin) {
  const start = url.indexOf(",") + 1;
  if (kind === "svg") {
    const safe = origin.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const metadata = `<metadata id="training-dynamics">${safe}</metadata>`;
    const image = decodeURIComponent(url.slice(start)).replace(/^(.*?<svg[^>]*>)/s, (head) => head + metadata);
    return new Blob([image], { type: "image/svg+xml" });
  }
  const bytesOf = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const wide = (number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255);
  const chunk = bytesOf("iTXttraining-dynamics\0\0\0\0\0" + origin);
  const image = bytesOf(atob(url.slice(start)));
  const text = Uint8Array.from([...wide(chunk.length - 4), ...chunk, ...wide(crc32(chunk))]);
  const head = 33; // signature and IHDR
  return new Blob([image.slice(0, head), text, image.slice(head)], { type: "image/png" });
}

async function download(Plotly, what, { format, filename, ...size }, origin) {
  const url = await Plotly.toImage(what, { format, ...size });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(withOrigin(url, format, origin));
  link.download = `${filename}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// Plotly's camera, whose image says where it was made.
function withCamera(Plotly, plot, config) {
  const camera = {
    name: "camera",
    title: `Download plot as a ${config.toImageButtonOptions.format.toUpperCase()}`,
    icon: Plotly.Icons.camera,
    click: () => download(Plotly, plot, config.toImageButtonOptions, plot.origin),
  };
  return {
    ...config,
    modeBarButtonsToRemove: [...config.modeBarButtonsToRemove, "toImage"],
    modeBarButtonsToAdd: [camera],
  };
}

// Saves an image for a slide: 1920 x 1080 pixels, with the settings below the title.
async function saveImage(Plotly, plot, given, { kind, name, settings }) {
  const size = { width: 960, height: 540, scale: kind === "png" ? 2 : 1 };
  const layout = { ...plot.layout, ...inLines(given, size.width, "sans-serif"), autosize: false };
  const written = settings.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  layout.title.subtitle = { text: broken(written, size.width - 60, "11px sans-serif"), font: { size: 11 } };
  await download(Plotly, { data: plot.data, layout }, { format: kind, filename: name, ...size }, plot.origin);
}

// Numbers in a hover label as elsewhere: 1.23×10⁻⁷ for 1.230e-7, and a minus sign that is one.
function tidyHover(plot) {
  const raised = (power) => [...`${+power}`].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");
  const walk = document.createTreeWalker(plot.querySelector(".hoverlayer"), NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    node.data = node.data
      .replace(/(\d(?:\.\d+)?)e([+-]\d+)\b/g, (_, digits, power) => `${+digits}×10${raised(power)}`)
      .replace(/(^|[\s(=])-(?=[\d.])/g, "$1\u2212");
  }
}

// What the server says of a chart: the revision of its figure, then JSON, compressed in a run that plays.
const REVISION = 8;
const revisionOf = (packed) => String.fromCharCode(...packed.subarray(0, REVISION));

// Calls back at once where nothing is compressed: a person waits for it.
function unpack(packed, take) {
  const told = packed.subarray(REVISION);
  if (told[0] === "{".charCodeAt(0)) return take(JSON.parse(new TextDecoder().decode(told)));
  const plain = new Blob([told]).stream().pipeThrough(new DecompressionStream("deflate"));
  new Response(plain).json().then(take);
}

export default function ({ parentElement, data, setTriggerValue }) {
  let plot = parentElement.querySelector(".plot");
  if (!plot) {
    plot = document.createElement("div");
    plot.className = "plot";
    parentElement.append(plot);
    plot.addEventListener("click", reportClick); // for good: no click falls between two redraws
  }
  plot.setTriggerValue = setTriggerValue;
  plot.letGo?.(); // Streamlit may call again without having called what the last call returned
  followPointer();
  const revision = (plot.dataset.asked = revisionOf(data));
  let current = true;
  let stop = () => {};
  plot.letGo = () => {
    current = false;
    stop();
  };
  unpack(data, ({ figure, beside }) => {
    if (current) stop = show(plot, { ...beside, figure, revision, parentElement });
  });
  return plot.letGo;
}

// Draws what the server said, and returns what ends that.
function show(plot, { figure, revision, parentElement, ...data }) {
  plot.clicks = data.clicks;
  plot.style.height = `${figure.layout.height}px`;
  plot.dataset.key = data.key;
  playFilm(plot, data.film);
  plot.origin = data.origin;
  plot.setAttribute("role", "figure"); // not "img": its toolbar takes the focus
  plot.setAttribute("aria-label", data.title);
  delete figure.layout.width;
  figure.layout.autosize = true;

  let current = true;
  const draw = async (Plotly) => {
    const style = getComputedStyle(parentElement);
    const color = (name) => style.getPropertyValue(`--st-${name}`).trim();
    const look = [revision, ...THEME.map(color)].join();
    if (!current) return;
    if (plot.look === look) return goOnOver(plot, false);
    const lines = inLines(figure.layout, plot.offsetWidth, color("font"));
    const layout = { ...figure.layout, ...lines, template: template(color) };
    const traces = sameWhereSame(plot, figure.data);
    putBack(plot);
    await Plotly.react(plot, { ...figure, data: traces, layout, config: withCamera(Plotly, plot, data.config) });
    plot.look = look;
    goOnOver(plot, true);
    if (data.axis) plot.dataset.axis = data.axis;
    else delete plot.dataset.axis;
    if (data.axis) growCurves(plot);
    showCrosshair(plot);
  };
  const ready = loadPlotly(data.plotly)
    .then((Plotly) => whenSeen(plot).then(() => inTurn(() => draw(Plotly))))
    .then(() => {
      if (!plot.on) return; // a newer figure has taken its place before it was drawn
      if (!plot.tidied) plot.on("plotly_hover", () => tidyHover(plot));
      plot.tidied = true;
      if (data.save) saveImage(window.Plotly, plot, figure.layout, data.save);
      if (current) plot.dataset.revision = revision; // what the chart now shows
    });
  const resized = new ResizeObserver(() => {
    if (!window.Plotly || !plot._fullLayout || !plot.offsetWidth) return;
    const lines = inLines(figure.layout, plot.offsetWidth, getComputedStyle(parentElement).getPropertyValue("--st-font"));
    const same = Object.keys(lines).every((key) => JSON.stringify(lines[key]) === JSON.stringify(plot.layout[key]));
    window.Plotly.Plots.resize(plot).then(() => same || window.Plotly.relayout(plot, lines)).then(() => showCrosshair(plot));
  });
  resized.observe(parentElement);
  // Streamlit changes the theme's variables without a new call of this function.
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const retheme = () => setTimeout(() => ready.then(() => draw(window.Plotly)), 200);
  dark.addEventListener("change", retheme);
  return () => {
    current = false;
    plot.stopWaiting?.();
    resized.disconnect();
    dark.removeEventListener("change", retheme);
  };
}
