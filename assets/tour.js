// A first visit: five short hints at the places that matter, offered once and skipped with a key.
(() => {
  const {go, keep, recall, sheet} = window.boltzmann;
  const KEPT = "boltzmann-tour";
  const HINTS = [
    ["#settings .mantine-SegmentedControl-root", "Choose a recipe", "A preset fills all settings. Demo takes a minute on a laptop; every setting can be changed below."],
    ["#train-demo", "Train", "One click trains a model of your own. Its losses and digits stream in while it learns."],
    ["#nav a[href='/generate']", "Generate", "Draw new digits from a trained model: a sampler draws strings of spins, the decoder makes pictures of them."],
    ["#nav a[href='/inside']", "Look inside", "One picture from digit to spins to chip and back. Flip a spin, and the digit changes."],
    ["#nav a[href='/lab']", "The lab", "Restricted Boltzmann machines: train them in seconds, compare them fairly, play with them. Press ? for shortcuts."],
  ];
  let bubble = null;
  let at = 0;
  let before = null;

  const seen = (element) => element && element.getClientRects().length > 0;
  const hints = () => HINTS.filter(([place]) => seen(document.querySelector(place)));

  function element(tag, words, more = {}) {
    return Object.assign(document.createElement(tag), {textContent: words, ...more});
  }

  function end() {
    if (!bubble) return;
    keep("localStorage", KEPT, "done");
    document.querySelectorAll(".toured").forEach((place) => place.classList.remove("toured"));
    bubble.remove();
    bubble = null;
    if (before && before.isConnected) before.focus();
  }

  function show(index) {
    const all = hints();
    if (index >= all.length) return end();
    at = Math.max(index, 0);
    const [place, title, words] = all[at];
    document.querySelectorAll(".toured").forEach((other) => other.classList.remove("toured"));
    document.querySelector(place).classList.add("toured");
    document.querySelector(place).scrollIntoView({block: "nearest"});
    const last = at === all.length - 1;
    const next = element("button", last ? "Done" : "Next", {type: "button", className: "tour-next", onclick: () => show(at + 1)});
    const foot = element("div", "", {className: "tour-foot"});
    foot.append(element("span", `${at + 1} of ${all.length}`, {className: "quiet numbers"}));
    if (!last) foot.append(element("button", "Skip", {type: "button", className: "tour-skip", onclick: end}));
    if (at) foot.append(element("button", "Back", {type: "button", className: "tour-skip", onclick: () => show(at - 1)}));
    foot.append(next);
    bubble.replaceChildren(element("h2", title, {id: "tour-title", className: "title"}), element("p", words, {id: "tour-words"}), foot);
    settle();
    next.focus({preventScroll: true});
  }

  // Below its place, or above where there is no room; inside the window.
  function settle() {
    const hint = bubble && hints()[at];
    if (!hint) return;
    const place = document.querySelector(hint[0]).getBoundingClientRect();
    const {offsetWidth: width, offsetHeight: height} = bubble;
    const below = place.bottom + 12 + height < window.innerHeight;
    bubble.style.left = `${Math.max(12, Math.min(place.left, window.innerWidth - width - 12))}px`;
    bubble.style.top = `${below ? place.bottom + 12 : Math.max(12, place.top - height - 12)}px`;
  }

  function start() {
    if (bubble || !hints().length) return;
    before = document.activeElement;
    bubble = element("div", "", {className: "tour"});
    for (const [name, value] of [["role", "dialog"], ["aria-labelledby", "tour-title"], ["aria-describedby", "tour-words"]]) bubble.setAttribute(name, value);
    (document.querySelector("main") || document.body).append(bubble);
    show(0);
  }

  // The first page is drawn by the server a moment after it was opened.
  function whenDrawn(deed) {
    let left = 50;
    const look = setInterval(() => {
      const drawn = seen(document.querySelector("#train-demo"));
      if (drawn || !left--) clearInterval(look);
      if (drawn) deed();
    }, 200);
  }

  document.addEventListener("keydown", (event) => {
    if (!bubble || event.key !== "Escape") return;
    event.preventDefault();
    end();
  }, true);
  document.addEventListener("click", (event) => {
    if (!event.target.closest) return;
    if (event.target.closest("#tour-start")) {
      sheet().close();
      if (window.location.pathname !== "/" || window.location.search) go("/");
      whenDrawn(start);
    } else if (bubble && event.target.closest("a[href]") && !bubble.contains(event.target)) end();
  });
  window.addEventListener("resize", settle);
  window.addEventListener("scroll", settle, {passive: true});
  window.addEventListener("popstate", end);

  const asked = new URLSearchParams(window.location.search).get("tour") === "1";
  // Browsers that are driven by a program do as they are told, without hints.
  const first = !navigator.webdriver && recall("localStorage", KEPT) === null && recall("sessionStorage", "boltzmann-present") !== "on";
  if (asked || (first && window.location.pathname === "/" && !window.location.search)) whenDrawn(start);
})();
