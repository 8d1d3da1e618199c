// Which runs are laid over each other, and which of them are drawn.
(() => {
  const MOST = 12; // runs that are compared

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.overlay = {
    // The button of the page Runs: how many are ticked, whether they can be compared, and where that is.
    compareChosen(ticked) {
      const chosen = window.dash_clientside.callback_context.inputs_list[0].filter(({value}) => value).map(({id}) => id);
      const rooms = new Set(chosen.map(({room}) => room));
      const words = rooms.size > 1 ? "Runs of the Studio and of the lab have different losses." : chosen.length > MOST ? `At most ${MOST} runs.` : chosen.length === 1 ? "Tick another one." : "";
      const label = chosen.length > 1 ? `Compare ${chosen.length} runs` : "Compare runs";
      return [label, chosen.length < 2 || words !== "", "/runs/compare?runs=" + chosen.map(({run}) => run).join(","), words];
    },
    // What is hidden stands in the address, for a reload or a friend.
    remember(shown, runs) {
      if (!runs || !shown || window.location.pathname !== "/runs/compare") return;
      const hidden = runs.split(",").filter((run) => !shown.includes(run));
      const query = `?runs=${runs}` + (hidden.length ? `&hidden=${hidden.join(",")}` : "");
      window.history.replaceState(window.history.state, "", window.location.pathname + query);
    },
  };
})();
