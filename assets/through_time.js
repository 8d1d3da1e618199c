// A run through time: one slider moves the pictures, the losses' line and the histograms, all of them loaded before. It is
// the browser's own and moves them directly: by way of the page's properties a step would take several times as long.
(() => {
  window.dash_clientside = window.dash_clientside || {};
  const no = () => window.dash_clientside.no_update;
  const set = (id, properties) => window.dash_clientside.set_props(id, properties);
  const HISTOGRAMS = {energies: ["encoded", "sampled"], couplings: ["values"], fields: ["values"]};
  const PICTURES = ["generated", "reconstructed"];
  const MARKS = 4;
  const WAIT = 80;
  // Lines are moved alone: a redrawn figure would take four times as long.
  const AT_ONCE = {mode: "immediate", frame: {duration: 0, redraw: false}, transition: {duration: 0}};
  const part = (name) => document.getElementById(`time-${name}`);
  const plot = (name) => document.querySelector(`#time-${name} .js-plotly-plot`);
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  let film = null;
  let due = false;
  let playing = null;
  let pace = 200;

  const place = () => Number(part("step").value);
  const last = () => film.steps.length - 1;
  const caption = (index) => `Step ${film.steps[index].toLocaleString("en-GB")}, epoch ${film.values.epoch[index]}`;

  const show = () => {
    if (!film || !part("step")) return;
    const index = place();
    part("step").setAttribute("aria-valuetext", caption(index));
    part("caption").textContent = `${caption(index)} (${index + 1} of ${film.steps.length})`;
    Object.entries(film.values).forEach(([name, values]) => {
      if (part(`value-${name}`)) part(`value-${name}`).textContent = values[index];
    });
    PICTURES.forEach((name) => (part(name).style.backgroundPosition = `0 ${(100 * index) / Math.max(last(), 1)}%`));
    if (!due) requestAnimationFrame(follow);
    due = true;
  };
  // The figures follow once in a frame of the browser, whatever the slider did meanwhile.
  const follow = () => {
    due = false;
    if (!film || !part("step")) return;
    const plots = ["losses", ...Object.keys(HISTOGRAMS)].map(plot);
    // They are drawn a moment after the film has come.
    if (!plots.every((one) => one && one.data && one.data.length)) {
      due = true;
      setTimeout(follow, WAIT);
      return;
    }
    const [losses, ...others] = plots;
    const index = place();
    const {l, t, h} = losses._fullLayout._size, at = window.curveLayer.place(losses, film.steps[index]);
    window.curveLayer.path(losses, "time-at", Number.isNaN(at) ? "" : `M${(l + at).toFixed(1)} ${t}v${h}`);
    Object.entries(HISTOGRAMS).forEach(([name, rows], i) => {
      window.Plotly.animate(others[i], {data: rows.map((row) => ({y: film[name][row][index]}))}, AT_ONCE);
    });
  };

  const pause = () => {
    clearInterval(playing);
    playing = null;
    if (part("play")) set("time-play", {children: "Play"});
  };
  const play = () => {
    clearInterval(playing);
    playing = setInterval(() => {
      if (!film || !part("step") || place() >= last()) return pause();
      part("step").value = place() + 1;
      show();
      if (place() === last()) pause();
    }, pace);
    set("time-play", {children: "Pause"});
  };

  // Whoever takes the slider has it.
  document.addEventListener("input", ({target}) => {
    if (target.id !== "time-step") return;
    pause();
    show();
  });

  const slider = (at) => {
    const box = part("slider");
    box.textContent = "";
    const range = Object.assign(document.createElement("input"), {
      type: "range", id: "time-step", min: 0, max: last(), step: 1, value: at, className: "time-range",
    });
    range.setAttribute("aria-label", "Checkpoint, first to newest");
    const marks = Object.assign(document.createElement("div"), {className: "time-marks"});
    marks.setAttribute("aria-hidden", "true");
    for (const i of new Set(Array.from({length: MARKS}, (_, k) => Math.round((last() * k) / (MARKS - 1))))) {
      const mark = document.createElement("span");
      mark.textContent = `${film.steps[i].toLocaleString("en-GB")}\nepoch ${film.values.epoch[i]}`;
      mark.style.left = `${(100 * i) / Math.max(last(), 1)}%`;
      marks.append(mark);
    }
    box.append(range, marks);
  };

  window.dash_clientside.time = {
    load(opened, again) {
      if (!opened && !again) return [no(), no()];
      set("time-say", {children: "Looking at the checkpoints …"}); // the worker may be busy for a while
      return [false, Date.now()];
    },
    // The first film begins at its first checkpoint and plays once; one with new checkpoints stays where it was.
    begin(loaded) {
      if (!loaded) return [no(), no(), no()];
      const before = part("step") ? {index: place(), end: place() === last()} : null;
      film = loaded;
      const at = before && !before.end ? Math.min(before.index, last()) : !before && !still() ? 0 : last();
      slider(at);
      Object.values(film.sheets).forEach(({width, height}, i) => Object.assign(part(PICTURES[i]).style, {
        backgroundImage: `url("${film.sources[i]}")`,
        backgroundSize: `100% ${100 * film.steps.length}%`,
        aspectRatio: `${width} / ${height}`,
      }));
      show();
      if (!before && !still()) play();
      return [{}, {display: "none"}, film.sources[2]];
    },
    // Figures that were drawn anew, in another scheme or width say, are put right.
    redrawn() {
      const losses = plot("losses");
      if (losses && losses.on && !losses.dataset.followed) {
        losses.dataset.followed = "yes";
        losses.on("plotly_afterplot", show);
      }
      show();
    },
    // From the end it starts over.
    toggle(clicks) {
      if (!clicks || !film) return;
      if (playing) return pause();
      if (place() === last()) part("step").value = 0;
      show();
      play();
    },
    speed(value) {
      pace = 1000 / (Number(value) || 5);
      if (playing) play();
    },
  };
})();
