// The two chips of "Look inside": drawn once, then only recoloured, so that a flip is seen at once.
(() => {
  const GL = 6000;
  // Side of a chip in pixels, about.
  const SIDE = 340;
  const PATIENCE = 20000;
  const no = () => window.dash_clientside.no_update;
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const mix = (from, to, share) => `rgb(${rgb(from).map((one, at) => Math.round(one + (rgb(to)[at] - one) * share)).join(",")})`;
  const BLANK = {layout: {xaxis: {visible: false}, yaxis: {visible: false}, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)"}};
  let drawings = 0;

  // The usual distance of a spin to its nearest, in sides of the square.
  function between(graph) {
    const nearest = graph.x.map((x, i) => {
      let least = Infinity;
      for (let j = 0; j < graph.n; j++) {
        const far = (x - graph.x[j]) ** 2 + (graph.y[i] - graph.y[j]) ** 2;
        if (far < least && j !== i) least = far;
      }
      return least;
    });
    return Math.sqrt(nearest.sort((a, b) => a - b)[graph.n >> 1]) / 10000;
  }

  // Couplings of each strength as one trace; all in one while strength is not asked for.
  function lines(graph, levels, kind) {
    const faint = ink("--edge");
    const [up, down] = [ink("--spin-up"), ink("--spin-down")];
    const groups = levels
      ? [["2", faint, 0.5], ["1", mix(ink("--surface"), down, 0.5), 1], ["3", mix(ink("--surface"), up, 0.5), 1], ["0", down, 1.8], ["4", up, 1.8]]
      : [[null, faint, 0.8]];
    return groups.map(([level, color, width]) => {
      const x = [], y = [];
      for (let edge = 0; edge < graph.edges.length / 2; edge++) {
        if (level !== null && levels[edge] !== level) continue;
        const [i, j] = [graph.edges[2 * edge], graph.edges[2 * edge + 1]];
        x.push(graph.x[i], graph.x[j], null);
        y.push(graph.y[i], graph.y[j], null);
      }
      return {type: kind, mode: "lines", x, y, line: {color, width}, hoverinfo: "skip"};
    });
  }

  function figure(graph, levels, row) {
    const kind = graph.edges.length / 2 > GL ? "scattergl" : "scatter";
    const size = Math.min(Math.max(0.98 * between(graph) * SIDE, 2.6), 13);
    const dots = (x, y, marker, more) => ({type: kind, mode: "markers", x, y, marker: {size, ...marker}, ...more});
    const edge = {showgrid: false, zeroline: false, visible: false, range: [-300, 10300]};
    return {
      data: [
        ...lines(graph, levels, kind),
        dots(graph.broken[0], graph.broken[1], {symbol: "circle-open", color: ink("--quiet"), size: 0.8 * size},
          {hovertext: graph.broken_qubits.map((qubit) => `qubit ${qubit}: broken`), hoverinfo: "text", name: "broken"}),
        dots(graph.x, graph.y, {color: ink("--line"), opacity: 1, line: {width: 0, color: ink("--surface")}},
          {hoverinfo: "text", name: "spins", customdata: graph.x.map((_x, i) => i)}),
        dots([], [], {symbol: "circle-open", size: 1.9 * size, color: ink("--ink"), line: {width: 2.5}}, {type: "scatter", hoverinfo: "skip", name: "chosen"}),
      ],
      layout: {
        meta: {drawing: ++drawings, row}, showlegend: false, margin: {l: 0, r: 0, t: 0, b: 0}, hovermode: "closest",
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: false, uirevision: graph.key,
        xaxis: edge, yaxis: {...edge, scaleanchor: "x"},
        hoverlabel: {bgcolor: ink("--surface"), bordercolor: ink("--line"), font: {color: ink("--ink")}},
        modebar: {color: ink("--quiet"), activecolor: ink("--spin-up"), bgcolor: "rgba(0,0,0,0)"},
      },
    };
  }

  // Plotly draws a moment after Dash has handed the figure over.
  function drawn(row, wanted, then, since = Date.now()) {
    const plot = document.querySelector(`#${row}-chip .js-plotly-plot`);
    if (plot && plot.data && plot.layout && plot.layout.meta && plot.layout.meta.drawing === wanted) then(plot);
    else if (Date.now() - since < PATIENCE) setTimeout(() => drawn(row, wanted, then, since), 40);
  }

  const latest = {};
  function paint(row, figureShown, look) {
    const wanted = figureShown && figureShown.layout && figureShown.layout.meta && figureShown.layout.meta.drawing;
    if (!wanted || !look) return;
    latest[row] = look;
    drawn(row, wanted, (plot) => {
      if (latest[row] !== look) return;
      const spins = plot.data.length - 2;
      const change = {"marker.color": [look.colours], "marker.line.color": [look.rims], "marker.line.width": [look.widths], hovertext: [look.words]};
      window.Plotly.restyle(plot, change, [spins]);
      const at = look.chosen >= 0 && look.chosen < look.colours.length ? look.chosen : null;
      window.Plotly.restyle(plot, at === null ? {x: [[]], y: [[]]} : {x: [[plot.data[spins].x[at]]], y: [[plot.data[spins].y[at]]]}, [spins + 1]);
      const mode = look.boxes ? "select" : look.colours.length > 600 && !matchMedia("(hover: none)").matches ? "pan" : false;
      if (plot.layout.dragmode !== mode) window.Plotly.relayout(plot, {dragmode: mode});
    });
  }

  const signedNumber = (value) => (value > 0 ? "+" : "−") + Math.abs(value).toPrecision(3);

  // What every spin of the upper chip looks like, and how far the colours reach.
  function upperLook(graph, text, begun, p, held, chosen, view, show, effects, kind) {
    const [up, down, paper] = [ink("--spin-up"), ink("--spin-down"), ink("--surface")];
    const strong = ink("--ink");
    const heat = show === "matter" && effects && effects.text === text ? effects[kind] : null;
    const most = heat ? Math.max(...heat.map(Math.abs), 1e-9) : 1;
    const look = {colours: [], rims: [], widths: [], words: [], chosen, boxes: show === "hold", most};
    const changed = (i) => begun && begun.text[i] !== text[i];
    for (let i = 0; i < graph.n; i++) {
      const plus = text[i] === "+";
      let colour = plus ? up : down;
      if (heat) colour = mix(ink("--heat-none"), kind === "pixels" ? ink("--heat") : heat[i] > 0 ? down : up, Math.sqrt(Math.abs(heat[i]) / most));
      else if (show === "matter") colour = ink("--heat-none");
      else if (view === "probability" && p) colour = mix(paper, p[i] >= 50 ? up : down, 0.1 + 0.9 * Math.abs(p[i] / 50 - 1));
      const ring = (show === "hold" && held && held[i] === "1") || (show !== "matter" && changed(i));
      look.colours.push(colour);
      look.rims.push(ring ? strong : view === "probability" ? mix(paper, up, 0.35) : paper);
      look.widths.push(ring ? 2.4 : 0.6);
      look.words.push(`spin ${i}, qubit ${graph.qubits[i]}: ${plus ? "+1" : "−1"}` + (p ? `<br>q(+1) = ${(p[i] / 100).toFixed(2)}` : "")
        + (heat ? `<br>a flip changes ${kind === "pixels" ? "the mean pixel by " + (heat[i] / 1000).toFixed(4) : "E by " + signedNumber(heat[i])}` : "")
        + (changed(i) ? "<br>flipped" : "") + (held && held[i] === "1" ? "<br>held" : ""));
    }
    return look;
  }

  const legend = (text) => `${[...text].filter((one) => one === "+").length} up, ${[...text].filter((one) => one === "-").length} down`;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.chip = {
    figures(graph, levels, _scheme) {
      if (!graph) return [BLANK, BLANK];
      const fitting = levels && levels.key === graph.key && levels.levels.length * 2 === graph.edges.length ? levels.levels : null;
      return ["upper", "lower"].map((row) => figure(graph, fitting, row));
    },
    paintUpper(shown, text, begun, p, held, chosen, view, show, effects, kind, graph) {
      if (!graph || !text || text.length !== graph.n) return ["", "", "", no()];
      const right = p && p.length === graph.n ? p : null;
      const look = upperLook(graph, text, begun, right, held, chosen, view, show, effects, kind);
      paint("upper", shown, look);
      const flips = begun ? [...text].filter((one, i) => one !== begun.text[i]).length : 0;
      const kept = held ? [...held].filter((one) => one === "1").length : 0;
      const words = legend(text) + (flips ? `, ${flips} flipped` : "") + (show === "hold" ? `, ${kept} held` : "");
      const most = show === "matter" && effects && effects.text === text ? look.most : null;
      const ends = most === null ? ["", ""] : kind === "pixels" ? ["0", (most / 1000).toPrecision(2) + " a pixel"] : ["−" + most.toPrecision(3), "+" + most.toPrecision(3)];
      return [words, ...ends, most === null ? "scale-bar is-empty" : `scale-bar ${kind}`];
    },
    paintLower(shown, drawn, pick, graph) {
      const text = drawn && drawn.texts[pick || 0];
      if (!graph || !text || text.length !== graph.n) return "";
      const [up, down, paper, strong] = ["--spin-up", "--spin-down", "--surface", "--ink"].map(ink);
      const held = (i) => drawn.held && drawn.held[i] === "1";
      const each = (make) => Array.from({length: graph.n}, (_none, i) => make(i));
      paint("lower", shown, {
        colours: each((i) => (text[i] === "+" ? up : down)),
        rims: each((i) => (held(i) ? strong : paper)),
        widths: each((i) => (held(i) ? 2.4 : 0.6)),
        words: each((i) => `spin ${i}, qubit ${graph.qubits[i]}: ${text[i] === "+" ? "+1" : "−1"}${held(i) ? "<br>held" : ""}`),
        chosen: -1,
      });
      const kept = drawn.held ? [...drawn.held].filter((one) => one === "1").length : 0;
      return legend(text) + (kept ? `, ${kept} held` : "");
    },
    // The nearest spin in the direction of an arrow key.
    beside(graph, spin, key) {
      const [dx, dy] = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[key];
      let best = spin, least = Infinity;
      for (let i = 0; i < graph.n; i++) {
        const [x, y] = [graph.x[i] - graph.x[spin], graph.y[i] - graph.y[spin]];
        const along = x * dx + y * dy, off = Math.abs(x * dy) + Math.abs(y * dx);
        if (along > 0 && along + 2.5 * off < least) [best, least] = [i, along + 2.5 * off];
      }
      return best;
    },
  };
})();
