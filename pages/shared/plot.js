// Draws a figure with Plotly.react, which changes the chart in place: zoom, hidden lines and the
// open hover survive a redraw. Colors and fonts come from Streamlit's theme.

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

function applyTheme(layout, element) {
  const style = getComputedStyle(element);
  const color = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const [text, background, border] = ["text-color", "background-color", "border-color-light"].map(color);
  const template = layout.template.layout;
  Object.assign(template, { paper_bgcolor: background, plot_bgcolor: background });
  template.font = { ...template.font, family: color("font"), color: text };
  template.hoverlabel = { bgcolor: background, bordercolor: border, font: { color: text } };
  // Buttons and sliders that play an animation; Plotly's own fill of a button is always light.
  template.updatemenudefaults = { bgcolor: background, bordercolor: border, showactive: false };
  template.sliderdefaults = { bgcolor: color("primary-color"), bordercolor: border, tickcolor: border };
  for (const axis of ["xaxis", "yaxis"]) {
    template[axis] = { ...template[axis], gridcolor: border, tickfont: { color: text } };
  }
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

export default function ({ parentElement, data, setTriggerValue }) {
  let plot = parentElement.querySelector(".plot");
  if (!plot) {
    plot = document.createElement("div");
    plot.className = "plot";
    parentElement.append(plot);
  }
  const figure = JSON.parse(data.figure);
  plot.style.height = `${figure.layout.height}px`;
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", data.title);
  delete figure.layout.width;
  figure.layout.autosize = true;

  let current = true;
  const draw = (Plotly) => {
    if (!current) return undefined;
    applyTheme(figure.layout, parentElement);
    return Plotly.react(plot, { ...figure, config: data.config });
  };
  const ready = loadPlotly(data.plotly).then(draw);
  const resized = new ResizeObserver(() => {
    if (window.Plotly && plot._fullLayout && plot.offsetWidth) window.Plotly.Plots.resize(plot);
  });
  resized.observe(parentElement);
  const clicked = (event) => {
    const point = clickedPoint(plot, event);
    if (point) setTriggerValue("clicked", point);
  };
  if (data.clicks) plot.addEventListener("click", clicked);
  // Streamlit changes the theme's variables without a new call of this function.
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const retheme = () => setTimeout(() => ready.then(() => draw(window.Plotly)), 200);
  dark.addEventListener("change", retheme);
  return () => {
    current = false;
    resized.disconnect();
    plot.removeEventListener("click", clicked);
    dark.removeEventListener("change", retheme);
  };
}
