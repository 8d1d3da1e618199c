// Presenter mode: large type, no side bars, and a story that arrow keys, a remote control or a finger step through.
(() => {
  const {deeds, go, keep, recall} = window.boltzmann;
  const KEPT = "boltzmann-present";
  const root = document.documentElement;
  // What needs arrow keys for itself.
  const OWN = "input, textarea, select, [contenteditable=true], [role=slider], [role=radiogroup], [role=tablist], [role=application], [role=listbox], [role=combobox], .picker, dialog";
  const presenting = () => root.classList.contains("presenting");
  const links = () => [...document.querySelectorAll("[data-story]")];
  const here = () => links().findIndex((link) => link.dataset.story === window.location.pathname);

  // The address says that the page is presented, whoever writes it.
  for (const name of ["pushState", "replaceState"]) {
    const write = window.history[name].bind(window.history);
    window.history[name] = (state, title, address) => {
      const url = new URL(address ?? "", window.location.href);
      if (presenting()) url.searchParams.set("present", "1");
      else url.searchParams.delete("present");
      write(state, title, address == null && !presenting() ? address : url.href);
      if (name === "pushState") setTimeout(mark);
    };
  }

  // Where the story was left at each of its pages: the run that was watched, the digit that was looked at.
  function remember() {
    if (here() < 0) return;
    const query = new URLSearchParams(window.location.search);
    query.delete("present");
    keep("sessionStorage", `${KEPT} ${window.location.pathname}`, String(query));
  }

  function step(by) {
    const now = here();
    const all = links();
    const next = now < 0 ? 0 : Math.min(Math.max(now + by, 0), all.length - 1);
    if (next === now) return;
    open(all[next].dataset.story);
  }

  function open(path) {
    remember();
    const query = recall("sessionStorage", `${KEPT} ${path}`);
    go(query ? `${path}?${query}` : path);
    mark();
  }

  function mark() {
    const now = here();
    links().forEach((link, index) => (index === now ? link.setAttribute("aria-current", "step") : link.removeAttribute("aria-current")));
    for (const [id, end] of [["story-back", 0], ["story-next", links().length - 1]]) {
      const button = document.getElementById(id);
      if (button) button.disabled = now === end;
    }
  }

  function present(on) {
    root.classList.toggle("presenting", on);
    keep("sessionStorage", KEPT, on ? "on" : "off");
    window.history.replaceState(window.history.state, "", window.location.href);
    mark();
    // Figures fit themselves into their new places.
    setTimeout(() => window.dispatchEvent(new Event("resize")), 50);
  }

  deeds.present = () => present(!presenting());

  document.addEventListener("keydown", (event) => {
    if (!presenting() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const remote = {PageDown: 1, PageUp: -1}[event.key];
    const arrow = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    const own = event.target.closest(OWN);
    if (remote || (arrow && !own)) {
      event.preventDefault();
      step(remote || arrow);
    } else if (event.key === "Escape" && !own && !document.querySelector("dialog[open], [aria-expanded=true][aria-controls]")) present(false);
  });

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest && event.target.closest("#story a, #story button");
    if (!pressed) return;
    event.preventDefault();
    if (pressed.dataset.story) open(pressed.dataset.story);
    else if (pressed.id === "story-leave") present(false);
    else step(pressed.id === "story-next" ? 1 : -1);
  });
  window.addEventListener("popstate", () => setTimeout(mark));

  const asked = new URLSearchParams(window.location.search).get("present");
  if (asked === "1" || (asked === null && recall("sessionStorage", KEPT) === "on")) present(true);
  // The bar comes with the app, which is drawn later than this script runs; so does what begins by itself before an audience.
  const begun = new WeakSet();
  let marked = false;
  new MutationObserver(() => {
    if (!marked && document.getElementById("story")) {
      marked = true;
      mark();
    }
    const button = presenting() && document.querySelector("[data-begin]");
    if (!button || begun.has(button)) return;
    begun.add(button);
    button.click();
  }).observe(root, {childList: true, subtree: true});
})();
