// A run through time: one slider moves the pictures, the losses' line and the histograms, all of them loaded before.
(() => {
  window.dash_clientside = window.dash_clientside || {};
  const no = () => window.dash_clientside.no_update;
  const HISTOGRAMS = {energies: ["encoded", "sampled"], couplings: ["values"], fields: ["values"]};
  const MARKS = 4;
  const WAIT = 80;
  const plot = (name) => document.querySelector(`#time-${name} .js-plotly-plot`);
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  let wanted = null;
  let due = false;

  // The figures follow once in a frame of the browser, whatever the slider did meanwhile.
  const follow = () => {
    due = false;
    if (!wanted) return;
    const {film, index} = wanted;
    const plots = ["losses", ...Object.keys(HISTOGRAMS)].map(plot);
    // They are drawn a moment after the film has come.
    if (!plots.every((one) => one && one.data && one.data.length)) return void (plots.some(Boolean) && later());
    wanted = null;
    const [losses, ...others] = plots;
    const step = film.steps[index];
    window.Plotly.relayout(losses, {"shapes[0].x0": step, "shapes[0].x1": step});
    Object.entries(HISTOGRAMS).forEach(([part, rows], i) => {
      window.Plotly.restyle(others[i], {y: rows.map((row) => film[part][row][index])});
    });
  };
  const later = () => {
    if (!due) setTimeout(follow, WAIT);
    due = true;
  };

  const sprite = (source, sheet, index, count) => ({
    backgroundImage: `url("${source}")`,
    backgroundSize: `100% ${100 * count}%`,
    backgroundPosition: `0 ${count > 1 ? (100 * index) / (count - 1) : 0}%`,
    aspectRatio: `${sheet.width} / ${sheet.height}`,
  });

  window.dash_clientside.time = {
    load(opened, again) {
      return opened || again ? [false, Date.now()] : [no(), no()];
    },
    // The first film begins at its first checkpoint and plays once; one with new checkpoints stays where it was.
    begin(film, value, max) {
      if (!film) return Array(8).fill(no());
      const last = film.steps.length - 1;
      const first = !max;
      const at = first ? (still() ? last : 0) : value >= max ? last : Math.min(value, last);
      const marked = new Set(Array.from({length: MARKS}, (_, i) => Math.round((last * i) / (MARKS - 1))));
      const marks = film.steps.map((step, i) =>
        marked.has(i) ? {value: i, label: `${step.toLocaleString("en-GB")}\nepoch ${film.values.epoch[i]}`} : {value: i});
      return [last, at, marks, false, {}, {display: "none"}, film.sources[2], first ? still() : no()];
    },
    show(value, film) {
      const names = window.dash_clientside.callback_context.outputs_list[3].map(({id}) => id.name);
      if (!film) return [no(), no(), no(), names.map(no)];
      const count = film.steps.length;
      const index = Math.min(Math.max(value || 0, 0), count - 1);
      wanted = {film, index};
      if (!due) requestAnimationFrame(follow);
      due = true;
      const caption = `Step ${film.steps[index].toLocaleString("en-GB")}, epoch ${film.values.epoch[index]}`;
      const thumb = document.querySelector("#time-step [role=slider]");
      if (thumb) thumb.setAttribute("aria-valuetext", caption);
      const pictures = Object.values(film.sheets).map((sheet, i) => sprite(film.sources[i], sheet, index, count));
      return [`${caption} (${index + 1} of ${count})`, ...pictures, names.map((name) => film.values[name][index])];
    },
    // From the end it starts over.
    play(clicks, stopped, value, max) {
      if (!clicks) return [no(), no()];
      return [!stopped, stopped && value >= max ? 0 : no()];
    },
    next(beats, value, max) {
      if (!beats || value >= max) return [no(), true];
      return [value + 1, value + 1 >= max];
    },
    playing(stopped, speed) {
      return [stopped ? "Play" : "Pause", 1000 / (Number(speed) || 5)];
    },
  };

  // Whoever takes the slider has it.
  const pause = (event) => {
    if (event.target.closest && event.target.closest("#time-step")) window.dash_clientside.set_props("time-beat", {disabled: true});
  };
  document.addEventListener("pointerdown", pause, true);
  document.addEventListener("keydown", pause, true);
})();
