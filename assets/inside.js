// What a person does on "Look inside": the string of spins lives in the browser, the server answers one question at a time.
(() => {
  const PATIENCE = 50000;
  const no = () => window.dash_clientside.no_update;
  const HIDDEN = {display: "none"};
  const triggered = () => {
    const all = window.dash_clientside.callback_context.triggered;
    return all.length ? all[0].prop_id : "";
  };
  const flipped = (text, spin) => text.slice(0, spin) + (text[spin] === "+" ? "-" : "+") + text.slice(spin + 1);
  const toggled = (held, spin) => held.slice(0, spin) + (held[spin] === "1" ? "0" : "1") + held.slice(spin + 1);
  // The newest question, once the last one is answered: what lies between is never asked.
  const queue = (wanted, answered, asked) => {
    const open = asked && asked.at !== answered && Date.now() - asked.at < PATIENCE;
    if (!wanted || open || (asked && asked.of === JSON.stringify(wanted))) return no();
    return {...wanted, of: JSON.stringify(wanted), at: Date.now()};
  };
  // Where the walk stands: its point is put there again whenever its figure is drawn anew.
  let place = null;
  const mark = (plot) => {
    const point = place && plot.data && plot.data.length === 2 ? plot.data[1] : null;
    if (point && (point.x[0] !== place.x || point.y[0] !== place.y)) window.Plotly.restyle(plot, {x: [[place.x]], y: [[place.y]]}, [1]);
  };
  const decodable = (text, begun, graph) => text && begun && graph && begun.key === graph.key && text.length === graph.n;
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.inside = {
    queue,
    decodable,
    // A test digit, or the pad in its place.
    source(digit, _another, _draw, sent, now) {
      const by = triggered().split(".")[0];
      let next = {digit, seed: now.drawn ? now.before : now.seed};
      if (by === "inside-draw" && !now.drawn) next = {drawn: true, strokes: [], before: now.seed};
      else if (by === "inside-pad-strokes") {
        if (!now.drawn || !sent) return [no(), no(), no(), no()];
        next = {...now, strokes: sent.strokes, asked: sent.asked};
      } else if (by === "inside-another") next.seed = Math.floor(Math.random() * 1e6);
      else if (!by) next = now;
      return [next, next.drawn ? HIDDEN : {}, next.drawn ? {} : HIDDEN, next.drawn ? "Test digit" : "Draw one"];
    },
    // Everything that changes the string, or which of its spins are held.
    touch(begun, click, box, _flip, _undo, _back, _hold, _certain, _release, frame, now, past, held, spin, show, way, p) {
      const by = triggered();
      const keep = [no(), no(), no(), no()];
      if (!begun) return keep;
      const n = begun.text.length, none = "0".repeat(n);
      // The same digit at a newer checkpoint: what was flipped and held stays so.
      if (by.startsWith("inside-begun") && begun.again && now && now.length === n) return [(past || []).reduce(flipped, begun.text), no(), no(), no()];
      if (by.startsWith("inside-begun") || !now || now.length !== n) return [begun.text, [], none, Number.isInteger(spin) && spin >= n ? n - 1 : no()];
      const change = (text, trail) => [text, trail, no(), no()];
      const flip = (one) => [flipped(now, one), [...(past || []), one], no(), one];
      const hold = (one) => [no(), no(), toggled(held || none, one), one];
      const chosen = Number.isInteger(spin) && spin >= 0 && spin < n ? spin : null;
      const act = show === "hold" ? hold : flip;
      const holding = (marks) => [no(), no(), marks, no()];
      if (by.startsWith("inside-click")) return click && click.spin < n ? act(click.spin) : keep;
      if (by.startsWith("inside-box")) {
        const inside = new Set((box && box.spins) || []);
        return show === "hold" && inside.size ? holding([...(held || none)].map((one, i) => (inside.has(i) ? "1" : one)).join("")) : keep;
      }
      if (by.startsWith("inside-flip") && chosen !== null) return flip(chosen);
      if (by.startsWith("inside-hold") && chosen !== null) return hold(chosen);
      if (by.startsWith("inside-undo") && past && past.length) return change(flipped(now, past[past.length - 1]), past.slice(0, -1));
      if (by.startsWith("inside-back")) return change(begun.text, []);
      if (by.startsWith("inside-release")) return holding(none);
      if (by.startsWith("inside-certain") && p) {
        const order = p.map((one, i) => [Math.abs(one - 50), i]).sort((a, b) => b[0] - a[0]).slice(0, n >> 1);
        const sure = new Set(order.map(([_size, i]) => i));
        return holding([...none].map((_one, i) => (sure.has(i) ? "1" : "0")).join(""));
      }
      if (by.startsWith("inside-frame") && way && way.texts[frame] && way.texts[frame].length === n) return change(way.texts[frame], []);
      return keep;
    },
    // In one step each, since every further one by way of the page's properties takes a frame of the screen.
    askDecoded(text, show, answered, begun, graph, asked) {
      if (!decodable(text, begun, graph)) return no();
      // Where nobody looks at the heat map, a callback of its own would keep every flip waiting for a frame.
      if (show === "matter") window.dash_clientside.set_props("inside-changed", {data: Date.now()});
      // On the way to another digit its own law is the wrong one: the model reads which digit it is.
      const digit = show === "walk" && text !== begun.text ? null : begun.digit;
      return queue({key: graph.key, version: graph.version, text, digit}, answered, asked);
    },
    // The lower row: drawn from the prior, or, after "Resample", with the held spins of the upper chip.
    wantSample(graph, begun, temperature, law, again, resample, text, held, last) {
      if (!graph || !begun || begun.key !== graph.key) return [no(), no()];
      const by = triggered();
      const same = last && last.key === graph.key && last.held && !by.startsWith("inside-again") && (begun.again || !by.startsWith("inside-begun"));
      let kept = same ? {text: last.text, held: last.held} : {text: null, held: null};
      if (by.startsWith("inside-resample") && held && held.includes("1")) kept = {text, held};
      const digit = !graph.classes || law === "any" ? null : law === "same" ? begun.digit : Number(law);
      const wanted = {key: graph.key, version: graph.version, temperature, digit, seed: (again || 0) + 1000 * (resample || 0), ...kept};
      return [wanted, `T = ${Number(temperature).toFixed(2)}`];
    },
    pick() {
      const by = triggered();
      return by ? JSON.parse(by.slice(0, by.lastIndexOf("."))).index : 0;
    },
    markPick(pick) {
      return window.dash_clientside.callback_context.outputs_list.map(({id}) => (id.index === pick ? "thumb-button is-chosen" : "thumb-button"));
    },
    group(show) {
      const groups = window.dash_clientside.callback_context.outputs_list[0];
      return [groups.map(({id}) => (id.name === show ? {} : HIDDEN)), show === "flip" || show === "hold" ? {} : HIDDEN];
    },
    // One frame of the walk: the picture is known already, the point moves along the curve.
    frame(at, way) {
      if (!way) return "";
      const stop = Math.min(at || 0, way.texts.length - 1);
      place = {x: way.flips[stop], y: way.energies[stop]};
      const plot = document.querySelector("#inside-path .js-plotly-plot");
      if (plot && plot.on && !plot.marksWalk) {
        plot.marksWalk = true;
        plot.on("plotly_afterplot", () => mark(plot));
      }
      if (plot) mark(plot);
      return `${place.x} of ${way.flips[way.flips.length - 1]} spins flipped, ${way.mean ? "mean E" : "E"} = ${place.y.toPrecision(5).replace("-", "−")}`;
    },
    stride(_beats, at, most) {
      return at >= most ? [at, true] : [at + 1, at + 1 >= most];
    },
    play(clicks, still, at, most) {
      if (!clicks) return [no(), no()];
      return still ? [false, at >= most ? 0 : no()] : [true, no()];
    },
    playName(still) {
      return still ? "Play" : "Pause";
    },
    limits(graph) {
      return graph ? [graph.n - 1, graph.classes ? {} : HIDDEN] : [0, HIDDEN];
    },
    // What is seen stands in the address.
    remember(model, source, show) {
      if (!model || window.location.pathname !== "/inside") return no();
      const query = new URLSearchParams({model, ...(source.drawn ? {} : {digit: source.digit, seed: source.seed}), show});
      window.history.replaceState(window.history.state, "", `${window.location.pathname}?${query}`);
      return show;
    },
  };
})();
