// Notes when a key was pressed and when a chart last changed, in milliseconds of this page's clock.
(() => {
  const watch = (window.benchmark = { pressed: 0, redrawn: 0 });
  const CHART = ".js-plotly-plot";
  const mark = () => (watch.redrawn = performance.now());
  const inChart = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest(CHART);
  const holdsChart = (node) => node.nodeType === 1 && (node.matches(CHART) || node.querySelector(CHART));

  new MutationObserver((changes) => {
    const redraw = changes.some(
      (change) => inChart(change.target) || [...change.addedNodes].some(holdsChart),
    );
    if (redraw) mark();
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });

  // What is drawn on a canvas changes no node.
  watch.listen = () => {
    for (const chart of document.querySelectorAll(CHART)) {
      if (chart.on && !chart.heard) chart.on("plotly_afterplot", mark);
      chart.heard = true;
    }
  };
  addEventListener(
    "keydown",
    () => {
      watch.listen();
      watch.pressed = performance.now();
      watch.redrawn = 0;
    },
    true,
  );
})();
