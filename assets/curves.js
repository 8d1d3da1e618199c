// What all curves of a page share: one pointer, which shows the values at the same place on every curve over the same axis, and
// marks of what happened to the run. Both lie above the plots, so that new points need not draw them anew.
(() => {
  const NEAR = 7; // pixels from a mark within which its words are shown
  const TICK = 8; // pixels of a checkpoint's mark
  const PATIENCE = 80; // quarters of a second that a figure may take to come
  let marks = [], shown = true, pointing = false, leaving = 0, drawing = 0;

  const plots = () => [...document.querySelectorAll(".curve .js-plotly-plot")].filter((plot) => plot._fullLayout && plot._fullLayout.xaxis);
  const over = (plot) => (plot.layout.xaxis.title || {}).text;
  const seen = (plot) => {
    const box = plot.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < window.innerHeight;
  };

  // Pixels from the left of the plotting area; none outside of it.
  function place(plot, x) {
    const axis = plot._fullLayout.xaxis, at = x === null || x === undefined ? NaN : axis.d2p(x);
    return at >= 0 && at <= axis._length ? at : NaN;
  }

  // A mark behind the last measurement stands at the right edge, as long as nobody has zoomed in.
  function placeOfMark(plot, x) {
    const axis = plot._fullLayout.xaxis;
    return x !== null && axis.autorange && axis.d2p(x) > axis._length ? axis._length : place(plot, x);
  }

  function layer(plot) {
    const frame = plot.parentElement;
    let drawing = frame.querySelector(":scope > .curve-layer");
    if (!drawing) {
      drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      drawing.setAttribute("class", "curve-layer");
      drawing.setAttribute("aria-hidden", "true");
      frame.append(drawing);
    }
    return drawing;
  }

  // A line above a plot; several classes name it together.
  function path(plot, names, line, colour) {
    const drawing = layer(plot);
    let found = drawing.querySelector("." + names.replaceAll(" ", "."));
    if (!found) {
      found = document.createElementNS("http://www.w3.org/2000/svg", "path");
      found.setAttribute("class", names);
      drawing.append(found);
    }
    found.setAttribute("d", line);
    found.style.stroke = colour || "";
  }

  window.curveLayer = {path, place};

  // Of laid-over runs each has its colour, and its checkpoints a lane of their own.
  function drawMarks(plot) {
    if (!plot.closest(".curve")) return;
    const {xaxis, yaxis} = plot._fullLayout, bottom = yaxis._offset + yaxis._length;
    const lines = new Map();
    for (const {x, kind, lane, colour} of shown ? marks : []) {
      const at = placeOfMark(plot, x) + xaxis._offset;
      if (Number.isNaN(at)) continue;
      const line = kind === "checkpoint" ? `M${at.toFixed(1)} ${bottom - TICK * (lane || 0)}v-${TICK}` : `M${at.toFixed(1)} ${bottom}v-${yaxis._length}`;
      const names = `mark-${kind}` + (colour ? ` of-run-${lane}` : "");
      lines.set(names, {line: ((lines.get(names) || {}).line || "") + line, colour});
    }
    for (const old of layer(plot).querySelectorAll("[class^=mark-]")) if (!lines.has(old.getAttribute("class"))) old.setAttribute("d", "");
    for (const [names, {line, colour}] of lines) path(plot, names, line, colour);
  }

  // The point of a trace nearest to x that has a value: the places ascend. Not every measurement has every figure.
  function nearest(trace, x) {
    const places = trace.x || [];
    let low = 0, high = places.length - 1;
    if (high < 0) return -1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (places[middle] < x) low = middle; else high = middle;
    }
    const best = Math.abs(places[low] - x) <= Math.abs(places[high] - x) ? low : high;
    for (let far = 0; far < places.length; far++) {
      for (const point of [best - far, best + far]) if (trace.y[point] !== null && trace.y[point] !== undefined) return point;
    }
    return -1;
  }

  function follow(plot, x) {
    const points = plot.data.map((trace, curveNumber) => ({trace, curveNumber}))
      .filter(({trace}) => trace.hoverinfo !== "skip" && trace.visible !== false)
      .map(({trace, curveNumber}) => ({curveNumber, pointNumber: nearest(trace, x)}))
      .filter(({curveNumber, pointNumber}) => pointNumber >= 0 && !Number.isNaN(place(plot, plot.data[curveNumber].x[pointNumber])));
    if (points.length) window.Plotly.Fx.hover(plot, points, "xy", true);
  }

  function line(plot, x) {
    const {xaxis, yaxis} = plot._fullLayout, at = place(plot, x) + xaxis._offset;
    path(plot, "pointed", Number.isNaN(at) ? "" : `M${at.toFixed(1)} ${yaxis._offset}v${yaxis._length}`);
  }

  function bubble(plot, x) {
    let box = document.getElementById("curve-bubble");
    const at = place(plot, x);
    const near = shown ? marks.filter((mark) => Math.abs(placeOfMark(plot, mark.x) - at) <= NEAR) : [];
    if (!box) {
      box = document.createElement("div");
      box.id = "curve-bubble";
      box.setAttribute("aria-hidden", "true");
      document.body.append(box);
    }
    box.hidden = !near.length;
    if (!near.length) return;
    box.replaceChildren(...near.slice(-6).map((mark) => {
      const run = mark.run ? `${mark.run}: ` : "";
      const words = Object.assign(document.createElement("div"), {className: "mark-" + mark.kind, textContent: `${run}${mark.text} · step ${mark.step.toLocaleString("en-GB")}`});
      words.style.borderLeftColor = mark.colour || "";
      return words;
    }));
    const frame = plot.getBoundingClientRect(), {xaxis, yaxis} = plot._fullLayout;
    const width = box.offsetWidth, left = frame.left + xaxis._offset + at - width / 2;
    box.style.left = Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8)) + "px";
    box.style.top = frame.top + yaxis._offset + yaxis._length + 6 + "px";
  }

  function hovered(plot, event) {
    const point = event.points && event.points[0];
    if (!point || pointing) return;
    clearTimeout(leaving);
    pointing = true;
    try {
      for (const other of plots().filter((one) => over(one) === over(plot) && seen(one))) {
        line(other, point.x);
        if (other !== plot) follow(other, point.x);
      }
      bubble(plot, point.x);
    } finally {
      pointing = false;
    }
  }

  // Plotly says that a point is left before it says which is next, too: only a pointer that went away clears the others.
  function left(plot) {
    if (pointing) return;
    clearTimeout(leaving);
    leaving = setTimeout(() => {
      pointing = true;
      for (const other of plots()) {
        path(other, "pointed", "");
        if (other !== plot) window.Plotly.Fx.unhover(other);
      }
      pointing = false;
      const box = document.getElementById("curve-bubble");
      if (box) box.hidden = true;
    }, 80);
  }

  function link() {
    for (const plot of plots().filter((one) => !one.dataset.linked)) {
      plot.dataset.linked = "yes";
      plot.on("plotly_hover", (event) => hovered(plot, event));
      // A finger that taps a point leaves it in the same moment.
      plot.on("plotly_click", (event) => hovered(plot, event));
      plot.on("plotly_unhover", () => left(plot));
      plot.on("plotly_afterplot", () => drawMarks(plot));
      drawMarks(plot);
    }
  }

  // Figures that have just come are drawn a moment later, the first ones when the library of charts has loaded.
  function drawAll(left) {
    link();
    plots().forEach(drawMarks);
    const missing = [...document.querySelectorAll(".curve")].some((curve) => !curve.querySelector(".main-svg"));
    if (missing && left) drawing = setTimeout(drawAll, 250, left - 1);
  }

  // Plots come and go with the pages: they are linked when a pointer first comes to one.
  for (const kind of ["pointerover", "touchstart"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.closest && event.target.closest(".curve")) link();
    }, {capture: true, passive: true});
  }

  function showMarks() {
    const kinds = new Set(marks.map((mark) => mark.kind));
    for (const legend of document.querySelectorAll(".mark-legend")) legend.classList.toggle("by-run", marks.some(({colour}) => colour));
    for (const item of document.querySelectorAll(".mark-legend li")) item.hidden = !shown || !kinds.has(item.dataset.kind);
    clearTimeout(drawing);
    drawing = setTimeout(drawAll, 0, PATIENCE);
  }

  // The marks as Plotly draws them, for a picture.
  function markShapes(plot) {
    const colourOf = (kind) => getComputedStyle(document.querySelector(`.mark-legend .mark-${kind}`), "::before").color;
    return !shown ? [] : marks.filter((mark) => mark.x !== null).map(({x, kind, lane, colour}) => {
      const color = colour || colourOf(kind), tick = kind === "checkpoint", low = tick ? 0.04 * (lane || 0) : 0;
      return {type: "line", x0: x, x1: x, yref: "y domain", y0: low, y1: tick ? low + 0.04 : 1, line: {color, width: 1.3, dash: {checkpoint: "solid", notice: "dot", resumed: "dashdot"}[kind] || "dash"}};
    });
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.curves = {
    plots,
    markShapes,
    // Two callbacks, for a page has but one of the streams and a callback needs all its inputs.
    keepMarks(stream) {
      marks = (stream && stream.marks) || [];
      showMarks();
    },
    switchMarks(wanted) {
      shown = wanted !== false;
      showMarks();
    },
  };
})();
