// The two chips of "Look inside", on canvases: a flip is seen within a frame, which a chart of thousands of spins does not do.
(() => {
  const PAD = 14;
  const MOST_ZOOM = 8;
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const mix = (from, to, share) => `rgb(${rgb(from).map((one, at) => Math.round(one + (rgb(to)[at] - one) * share)).join(",")})`;
  // By row: the graph, how each spin looks, the part that is seen, the couplings drawn once.
  const rows = {upper: {}, lower: {}};
  const distances = new WeakMap();

  // The usual distance of a spin to its nearest, in sides of the square.
  function between(graph) {
    if (!distances.has(graph)) {
      const nearest = graph.x.map((x, i) => {
        let least = Infinity;
        for (let j = 0; j < graph.n; j++) {
          const far = (x - graph.x[j]) ** 2 + (graph.y[i] - graph.y[j]) ** 2;
          if (far < least && j !== i) least = far;
        }
        return least;
      });
      distances.set(graph, Math.sqrt(nearest.sort((a, b) => a - b)[graph.n >> 1]) / 10000);
    }
    return distances.get(graph);
  }

  // From places of the graph to pixels of the canvas, and how large a spin is there.
  function scale(row, side) {
    const {zoom = 1, x = 0.5, y = 0.5, graph} = rows[row];
    const wide = side - 2 * PAD;
    const at = (value, middle) => PAD + wide * ((value - middle) * zoom + 0.5);
    return {
      x: (place) => at(place / 10000, x),
      y: (place) => at(1 - place / 10000, y),
      share: (pixel) => (pixel - PAD) / wide - 0.5, // of the seen side, from its middle
      size: Math.min(Math.max(0.84 * between(graph) * wide * zoom, 2.4), 15),
    };
  }

  // Couplings of each strength in one stroke; all alike while strength is not asked for.
  function couplings(row, side, ratio) {
    const state = rows[row], {graph, levels} = state;
    const stamp = [graph.key, levels, side, ratio, state.zoom, state.x, state.y, ink("--surface")].join();
    if (state.stamp === stamp) return state.lines;
    const sheet = state.lines || document.createElement("canvas");
    sheet.width = sheet.height = side * ratio;
    const context = sheet.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const at = scale(row, side), paper = ink("--surface"), [up, down] = [ink("--spin-up"), ink("--spin-down")];
    const groups = levels
      ? [["2", ink("--edge"), 0.5], ["1", mix(paper, down, 0.5), 1], ["3", mix(paper, up, 0.5), 1], ["0", down, 1.8], ["4", up, 1.8]]
      : [[null, ink("--edge"), graph.n > 1000 ? 0.4 : 0.8]];
    for (const [level, colour, width] of groups) {
      context.beginPath();
      for (let edge = 0; edge < graph.edges.length / 2; edge++) {
        if (level !== null && levels[edge] !== level) continue;
        const [i, j] = [graph.edges[2 * edge], graph.edges[2 * edge + 1]];
        context.moveTo(at.x(graph.x[i]), at.y(graph.y[i]));
        context.lineTo(at.x(graph.x[j]), at.y(graph.y[j]));
      }
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
    context.beginPath();
    for (let end = 0; end < graph.lost.length; end += 2) {
      const [i, j] = [graph.lost[end], graph.lost[end + 1]];
      context.moveTo(at.x(graph.x[i]), at.y(graph.y[i]));
      context.lineTo(at.x(graph.x[j]), at.y(graph.y[j]));
    }
    context.setLineDash([2, 3]);
    context.strokeStyle = ink("--quiet");
    context.lineWidth = 1;
    context.stroke();
    Object.assign(state, {stamp, lines: sheet});
    return sheet;
  }

  // A spin, or what marks one; hidden spins are diamonds of the same area.
  function dot(context, x, y, radius, fill, stroke, width, hidden) {
    context.beginPath();
    if (hidden) [[0, -1], [1, 0], [0, 1], [-1, 0]].forEach(([right, down]) => context.lineTo(x + 1.25 * right * radius, y + 1.25 * down * radius));
    else context.arc(x, y, radius, 0, 7);
    context.closePath();
    if (fill) (context.fillStyle = fill), context.fill();
    if (width) (context.strokeStyle = stroke), (context.lineWidth = width), context.stroke();
  }

  function draw(row) {
    const canvas = document.getElementById(`${row}-chip`), {graph, look, box} = rows[row];
    if (!canvas || !graph || !look) return;
    const side = canvas.parentElement.clientWidth, ratio = window.devicePixelRatio || 1;
    if (!side) return;
    if (canvas.width !== Math.round(side * ratio)) canvas.width = canvas.height = Math.round(side * ratio);
    const context = canvas.getContext("2d"), at = scale(row, side);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(couplings(row, side, ratio), 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const radius = at.size / 2;
    graph.broken[0].forEach((x, i) => dot(context, at.x(x), at.y(graph.broken[1][i]), 0.8 * radius, null, ink("--quiet"), 1));
    // Rings last: their neighbours would cover them.
    for (const ringed of [false, true]) {
      for (let i = 0; i < graph.n; i++) {
        if (look.rings[i] === ringed && look.colours[i]) dot(context, at.x(graph.x[i]), at.y(graph.y[i]), radius, look.colours[i], ringed ? look.ring : look.rim, ringed ? Math.min(2.4, radius / 2) : look.rim ? 0.7 : 0, graph.hidden[i] === "1");
      }
    }
    if (look.chosen !== null) dot(context, at.x(graph.x[look.chosen]), at.y(graph.y[look.chosen]), Math.max(1.7 * radius, 6), null, look.ring, 2.4);
    if (box) {
      context.strokeStyle = look.ring;
      context.lineWidth = 1;
      context.setLineDash([4, 3]);
      context.strokeRect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
      context.setLineDash([]);
    }
  }

  const watched = new WeakSet();
  function show(row, more) {
    const state = rows[row];
    if (more.graph !== state.graph && (more.graph || {}).key !== (state.graph || {}).key) Object.assign(state, {zoom: 1, x: 0.5, y: 0.5});
    Object.assign(state, more);
    const frame = document.getElementById(`${row}-frame`);
    if (frame && !watched.has(frame)) {
      watched.add(frame);
      // Two fingers zoom the chip, not the page; one scrolls the page.
      frame.addEventListener("touchstart", (event) => event.touches.length > 1 && event.preventDefault(), {passive: false});
      new ResizeObserver(() => draw(row)).observe(frame);
    }
    requestAnimationFrame(() => draw(row));
  }

  const named = (graph, i) => `${graph.hidden[i] === "1" ? "hidden spin" : "spin"} ${i}, qubit ${graph.qubits[i]}`;
  const signedNumber = (value) => (value > 0 ? "+" : "−") + Math.abs(value).toPrecision(3);
  const fitting = (levels, graph) => (levels && levels.key === graph.key && levels.levels.length * 2 === graph.edges.length ? levels.levels : null);
  const legend = (text) => `${[...text].filter((one) => one === "+").length} up, ${[...text].filter((one) => one === "-").length} down`;
  const count = (marks) => (marks ? [...marks].filter((one) => one === "1").length : 0);

  // What each flip would change, as far as it is known: the first spins are tried first.
  const heatOf = (graph, text, show, effects, kind) => (show === "matter" && effects && effects.text === text && effects.key === graph.key && effects.version === graph.version ? effects[kind] : null);

  // What every spin of the upper chip looks like, and how far the colours reach.
  function upperLook(graph, text, begun, p, held, chosen, view, show, effects, kind) {
    const [up, down, paper] = [ink("--spin-up"), ink("--spin-down"), ink("--surface")];
    const [none, hot] = [ink("--heat-none"), ink("--heat")];
    const heat = heatOf(graph, text, show, effects, kind);
    const most = heat ? heat.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-9) : 1;
    const changed = (i) => Boolean(begun) && begun.text[i] !== text[i];
    const likely = view === "probability" && p;
    const colours = Array.from({length: graph.n}, (_none, i) => {
      if (heat && i < heat.length) return mix(none, kind === "pixels" ? hot : heat[i] > 0 ? down : up, Math.sqrt(Math.abs(heat[i]) / most));
      if (show === "matter") return null; // not tried yet
      if (likely) return mix(paper, p[i] >= 50 ? up : down, 0.1 + 0.9 * Math.abs(p[i] / 50 - 1));
      return text[i] === "+" ? up : down;
    });
    const rings = colours.map((_none, i) => (show === "hold" && held && held[i] === "1") || (show !== "matter" && show !== "walk" && changed(i)));
    const words = (i) => `${named(graph, i)}: ${text[i] === "+" ? "+1" : "−1"}` + (p ? `, q(+1) = ${(p[i] / 100).toFixed(2)}` : "")
      + (heat && i < heat.length ? `; a flip changes ${kind === "pixels" ? "the mean pixel by " + (heat[i] / 1000).toFixed(4) : "E by " + signedNumber(heat[i])}` : "")
      + (changed(i) ? "; flipped" : "") + (held && held[i] === "1" ? "; held" : "");
    return {colours, rings, words, most, boxes: show === "hold", ring: ink("--ink"), rim: likely ? ink("--quiet") : paper,
      chosen: Number.isInteger(chosen) && chosen >= 0 && chosen < graph.n ? chosen : null};
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.chip = {
    paintUpper(graph, levels, _scheme, text, begun, p, held, chosen, view, group, effects, kind) {
      if (!graph || !text || text.length !== graph.n) return ["", "", "", window.dash_clientside.no_update];
      const look = upperLook(graph, text, begun, p && p.length === graph.n ? p : null, held, chosen, view, group, effects, kind);
      show("upper", {graph, levels: fitting(levels, graph), look});
      const flips = begun ? [...text].filter((one, i) => one !== begun.text[i]).length : 0;
      const words = legend(text) + (flips ? `, ${flips} flipped` : "") + (group === "hold" ? `, ${count(held)} held` : "");
      const heat = heatOf(graph, text, group, effects, kind);
      const most = heat && heat.length ? look.most : null;
      const ends = most === null ? ["", ""] : kind === "pixels" ? ["0", (most / 1000).toPrecision(2) + " a pixel"] : ["−" + most.toPrecision(3), "+" + most.toPrecision(3)];
      return [words, ...ends, most === null ? "scale-bar is-empty" : `scale-bar ${kind}`];
    },
    paintLower(graph, levels, _scheme, drawn, pick) {
      const text = drawn && drawn.texts[pick || 0];
      if (!graph || !text || text.length !== graph.n) return "";
      const [up, down, rim, ring] = ["--spin-up", "--spin-down", "--surface", "--ink"].map(ink);
      const held = (i) => Boolean(drawn.held) && drawn.held[i] === "1";
      const each = (make) => Array.from({length: graph.n}, (_none, i) => make(i));
      const words = (i) => `${named(graph, i)}: ${text[i] === "+" ? "+1" : "−1"}${held(i) ? "; held" : ""}`;
      const look = {colours: each((i) => (text[i] === "+" ? up : down)), rings: each(held), words, ring, rim, chosen: null};
      show("lower", {graph, levels: fitting(levels, graph), look});
      return legend(text) + (drawn.held ? `, ${count(drawn.held)} held` : "");
    },
  };

  // For the hands, in inside_hands.js.
  window.insideChip = {rows, scale, draw, MOST_ZOOM};
})();
