// What is quicker in the browser than over the wire: choosing a past picture, a digit in the grid, the folded column.
window.dash_clientside = window.dash_clientside || {};

// The scheme that is seen; the toggle's own report is wrong until it has been used.
const schemeSeen = () => document.documentElement.getAttribute("data-mantine-color-scheme") || "light";

new MutationObserver(() => {
  const known = document.getElementById("page");
  if (known) window.dash_clientside.set_props("colour-scheme", {data: schemeSeen()});
}).observe(document.documentElement, {attributeFilter: ["data-mantine-color-scheme"]});

// Milliseconds after which an answer of the server is taken for lost.
const PATIENCE = 10000;

const atOrBefore = (list, step) => (list || []).filter((item) => item.step <= step).pop();

window.dash_clientside.studio = {
  // Steps of the slider; it follows the newest picture while it stands at the end.
  pictureSlider(pictures, value, max) {
    const steps = (pictures && pictures.steps) || [];
    const last = Math.max(steps.length - 1, 0);
    const follow = value === null || value === undefined || value >= (max || 0);
    return [last, follow ? last : Math.min(value, last), steps.length < 2];
  },
  showPicture(value, pictures) {
    // All outputs but the last three are images, whose ids end with the pictures' name.
    const names = window.dash_clientside.callback_context.outputs_list.slice(0, -3).map(({id}) => id.split("-").pop());
    const steps = (pictures && pictures.steps) || [];
    if (!steps.length) return [...names.map(() => ""), "Pictures appear with the first steps.", {display: "none"}, {}];
    const step = steps[Math.min(value || 0, steps.length - 1)];
    const sources = names.map((name) => (atOrBefore(pictures[name], step) || {}).src || "");
    const newest = step === steps[steps.length - 1] ? " (newest)" : "";
    return [...sources, "Step " + step.toLocaleString("en-GB") + newest, {}, {display: "none"}];
  },
  // The next question of a heartbeat: the time. None while the last one is not answered, unless its answer was lost.
  ask(beats, disabled, asked, answered) {
    const waiting = asked && asked !== answered && Date.now() - asked < PATIENCE;
    return disabled || waiting ? window.dash_clientside.no_update : Date.now();
  },
  // New points are drawn only where the last ones ended, so that none is drawn twice or left out; what is refused comes again
  // with the next tick.
  accept(delta, stream) {
    const no = window.dash_clientside.no_update;
    // One for each graph of the first four outputs: losses and reports, each as figures and as extensions. A report may have nothing new.
    const none = window.dash_clientside.callback_context.outputs_list.slice(0, 4).map((graphs) => graphs.map(() => no));
    if (!delta) return [...none, no, no];
    if (delta.figures) return [delta.figures, none[1], delta.reports, none[3], delta.state, delta.final];
    const fits = stream && stream.cursor === delta.from && JSON.stringify(stream.view) === JSON.stringify(delta.state.view);
    if (!fits) return [...none, no, no];
    return [none[0], delta.extensions || none[1], none[2], delta.report_extensions ? delta.report_extensions.map((added) => added || no) : none[3], delta.state, delta.final];
  },
  toggleColumn(clicks, name) {
    if (!clicks) return window.dash_clientside.no_update;
    return name.includes("is-toggled") ? "two-columns" : "two-columns is-toggled";
  },
  // What has a meaning beside the other values of its form: "training/objective=mmd|elbo&..." of which all hold, or another
  // such after a semicolon.
  showMeaningful() {
    const {inputs_list, outputs_list} = window.dash_clientside.callback_context;
    const now = {};
    for (const {id, value} of inputs_list.flat()) now[id.name.replaceAll(".", "/")] = String(value).toLowerCase();
    const met = (when) => when.split(";").some((all) => all.split("&").every((one) => {
      const [name, values] = one.split("=");
      return values.split("|").includes(now[name]);
    }));
    return outputs_list.map(({id}) => (met(id.when) ? {} : {display: "none"}));
  },
  // The chain of the unit that a person points at or has chosen, in the last two traces of the picture.
  showChain(hovered, clicked, chosen, figure) {
    const {triggered} = window.dash_clientside.callback_context;
    const plot = document.querySelector("#lab-chip .js-plotly-plot");
    if (!figure || !plot || !figure.layout) return "";
    const by = triggered.length ? triggered[0].prop_id.split(".")[1] : "";
    const pointed = {hoverData: hovered, clickData: clicked}[by];
    const unit = pointed ? pointed.points[0].customdata : chosen;
    const chain = (figure.layout.meta || [])[unit];
    // A figure that has just come is drawn a moment later.
    setTimeout(() => {
      if (!plot.data || plot.data.length < 7) return;
      const [x, y] = [0, 1].map((axis) => (chain ? [chain.lines[axis], chain.points[axis]] : [[], []]));
      window.Plotly.restyle(plot, {x, y}, [5, 6]);
    });
    return chain ? chain.words : "";
  },
  colourScheme() {
    return schemeSeen();
  },
  clicked(clicks) {
    return Boolean(clicks);
  },
  // The id of the button that was pressed; buttons that only appear have no clicks.
  press() {
    const {triggered, triggered_id} = window.dash_clientside.callback_context;
    return triggered.some(({value}) => value) ? {...triggered_id, at: Date.now()} : window.dash_clientside.no_update;
  },
  pageLink(href) {
    return href;
  },
  // Brings an element of the settings to the top of their column; on a phone the column does not scroll.
  scrollColumn(_children, id) {
    const place = document.getElementById(id);
    const column = place && place.closest(".settings-scroll");
    if (column) column.scrollTop += place.getBoundingClientRect().top - column.getBoundingClientRect().top - 12;
    return window.dash_clientside.no_update;
  },
  // On a phone the digits lie below the settings. The grid has its place only once its picture is loaded.
  goToResult(drawn) {
    const grid = document.getElementById("grid");
    if (!drawn || !grid || window.innerWidth > 900) return;
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    grid.addEventListener("load", () => grid.scrollIntoView({behavior, block: "center"}), {once: true});
  },
  // Where the chosen digit stands in the grid, as a box over the image.
  markDigit(index, drawn) {
    const grid = drawn && drawn.grid;
    const picker = document.getElementById("picker");
    if (picker) picker.dataset.index = index || 0;
    if (!grid || !grid.count || !(index >= 0)) return {display: "none"};
    const place = cell(grid, Math.min(index, grid.count - 1));
    return {left: place.left + "%", top: place.top + "%", width: place.width + "%", height: place.height + "%"};
  },
};

function cell(grid, index) {
  const column = index % grid.columns, row = Math.floor(index / grid.columns);
  return {
    left: (100 * (grid.margin + column * grid.pitch)) / grid.width,
    top: (100 * (grid.margin + row * grid.pitch)) / grid.height,
    width: (100 * grid.side) / grid.width,
    height: (100 * grid.side) / grid.height,
  };
}

function gridOf(element) {
  return JSON.parse(element.dataset.grid || "null");
}

function choose(index, grid) {
  const inside = Math.min(Math.max(index, 0), grid.count - 1);
  // Kept at once: the number field follows too late for quick keys.
  document.getElementById("picker").dataset.index = inside;
  window.dash_clientside.set_props("digit-index", {value: inside});
}

document.addEventListener("click", (event) => {
  const picker = event.target.closest && event.target.closest(".picker");
  const grid = picker && gridOf(picker);
  if (!grid) return;
  const box = picker.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * grid.width - grid.margin;
  const y = ((event.clientY - box.top) / box.height) * grid.height - grid.margin;
  const column = Math.min(Math.max(Math.floor(x / grid.pitch), 0), grid.columns - 1);
  const index = Math.floor(y / grid.pitch) * grid.columns + column;
  choose(index, grid);
});

document.addEventListener("keydown", (event) => {
  const picker = event.target.classList && event.target.classList.contains("picker") ? event.target : null;
  const grid = picker && gridOf(picker);
  if (!grid) return;
  const now = Number(picker.dataset.index || 0);
  const move = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.columns, ArrowDown: grid.columns}[event.key];
  if (move === undefined) return;
  event.preventDefault();
  choose(now + move, grid);
});
