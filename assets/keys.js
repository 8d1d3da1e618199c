// Keys that lead to pages and open the sheet of shortcuts. The sheet's rows say which key does what.
(() => {
  const KEPT = "boltzmann-keys";
  const WAIT = 1500; // milliseconds in which a letter may follow "g"
  const FIELDS = "input, textarea, select, [contenteditable=true], [role=textbox], [role=combobox], [role=option]";

  // Storage may be refused, as in a private window.
  const recall = (store, key) => { try { return window[store].getItem(key); } catch { return null; } };
  const keep = (store, key, value) => { try { window[store].setItem(key, value); } catch { /* not kept */ } };

  const sheet = () => document.getElementById("help-sheet");
  const keysOn = () => recall("localStorage", KEPT) !== "off";

  // As a link of the app does: no page is loaded anew.
  const go = (href) => {
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
    const page = document.getElementById("page");
    if (page) page.focus({preventScroll: true});
  };

  const deeds = {
    help() {
      const dialog = sheet();
      if (!dialog || dialog.open) return;
      document.getElementById("keys-on").setAttribute("aria-checked", String(keysOn()));
      dialog.showModal();
    },
    scheme() {
      const toggle = document.getElementById("scheme");
      if (toggle) toggle.click();
    },
  };
  window.boltzmann = {deeds, go, keep, recall, sheet};

  let after = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // "?" opens the sheet even where single keys are switched off: there they are switched on again.
    if (!event.key || event.target.closest(FIELDS) || (!keysOn() && event.key !== "?")) return;
    const dialog = sheet();
    if (!dialog || dialog.open) return;
    const second = Date.now() - after < WAIT;
    after = 0;
    const name = second ? `[data-go="${CSS.escape(event.key)}"]` : `[data-key="${CSS.escape(event.key)}"]`;
    const row = dialog.querySelector(name);
    if (row) {
      event.preventDefault();
      if (second) go(row.dataset.href);
      else deeds[row.dataset.deed]();
    } else if (event.key === "g") after = Date.now();
  });

  document.addEventListener("click", (event) => {
    const dialog = sheet();
    if (!dialog || !event.target.closest) return;
    if (event.target.closest("#help-open")) return deeds.help();
    // Of a click beside the sheet the dialog itself is the target.
    if (event.target === dialog || event.target.closest("[data-close=help-sheet]")) return dialog.close();
    const doing = event.target.closest("[data-do]");
    if (doing && dialog.contains(doing)) {
      dialog.close();
      deeds[doing.dataset.do]();
    }
    const toggle = event.target.closest("#keys-on");
    if (toggle) {
      keep("localStorage", KEPT, keysOn() ? "off" : "on");
      toggle.setAttribute("aria-checked", String(keysOn()));
    }
  });
})();
