// Every figure says in words what it shows: its name, its curves, where they begin and end. Redrawn, it says so anew.
(() => {
  const LATER = 600; // milliseconds, so that a figure that grows all the time is not described all the time
  const MOST = 6; // curves that are told one by one
  const timers = new WeakMap();

  const round = (value) => (typeof value === "number" ? Number(value.toPrecision(3)).toLocaleString("en-GB", {maximumSignificantDigits: 3}) : String(value));
  // An axis without a title has one of Plotly's that asks for it.
  const plain = (text) => (/^Click to enter/.test(text) ? "" : String(text || "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim());

  function nameOf(plot) {
    const labelled = plot.closest("[aria-label]");
    if (labelled && !labelled.matches("main, aside")) return labelled.getAttribute("aria-label");
    const card = plot.closest("section, .card, figure");
    const heading = card && card.querySelector("h1, h2, h3, figcaption");
    return heading ? plain(heading.textContent) : "";
  }

  function curve(trace, hidden) {
    const name = /^trace \d+$/.test(trace.name) ? "" : plain(trace.name);
    if (trace.type === "heatmap" && trace.z) return `a map of ${trace.z.length} by ${(trace.z[0] || []).length} values`;
    if (hidden) return name;
    if (trace.type === "histogram") {
      const values = [...(trace.x || [])].filter(Number.isFinite);
      const told = values.length ? `${values.length.toLocaleString("en-GB")} values from ${round(Math.min(...values))} to ${round(Math.max(...values))}` : "";
      return [name, told].filter(Boolean).join(": ");
    }
    const y = trace.y || [];
    const known = [...y.keys()].filter((index) => Number.isFinite(y[index]));
    if (!known.length) return "";
    const [first, last] = [known[0], known[known.length - 1]];
    const x = trace.x || y.map((_, index) => index);
    const at = (index) => `${round(y[index])} at ${round(x[index])}`;
    const words = known.length === 1 ? at(first) : `${known.length.toLocaleString("en-GB")} points from ${at(first)} to ${at(last)}`;
    return name ? `${name}: ${words}` : words;
  }

  function words(plot) {
    const {xaxis = {}, yaxis = {}} = plot._fullLayout || {};
    const hidden = xaxis.visible === false;
    const told = (plot._fullData || [])
      .filter((trace) => trace.visible === true && trace.hoverinfo !== "skip")
      .map((trace) => curve(trace, hidden))
      .filter(Boolean);
    const axes = hidden ? "" : [xaxis, yaxis].map((axis) => axis.title && plain(axis.title.text)).filter(Boolean).reverse().join(" over ");
    const shown = told.slice(0, MOST).join("; ");
    const more = told.length > MOST ? `; and ${told.length - MOST} more` : "";
    return [nameOf(plot) || "Figure", axes, told.length ? shown + more : "nothing yet"].filter(Boolean).join(". ") + ".";
  }

  function describe(plot) {
    const layers = [...plot.querySelectorAll("svg.main-svg")];
    if (!layers.length || plot.closest("[role=img], [role=application]")) return;
    layers[0].setAttribute("role", "img");
    layers[0].setAttribute("aria-label", words(plot));
    layers.slice(1).forEach((layer) => layer.setAttribute("aria-hidden", "true"));
  }

  function later(plot) {
    if (timers.get(plot)) return;
    timers.set(plot, setTimeout(() => {
      timers.delete(plot);
      if (plot.isConnected) describe(plot);
    }, LATER));
  }

  let looking = 0;
  new MutationObserver(() => {
    if (looking) return;
    looking = setTimeout(() => {
      looking = 0;
      for (const plot of document.querySelectorAll(".js-plotly-plot:not([data-told])")) {
        if (!plot.on) continue;
        plot.dataset.told = "";
        plot.on("plotly_afterplot", () => later(plot));
        later(plot);
      }
    }, LATER);
  }).observe(document.documentElement, {childList: true, subtree: true});
})();
