// What a machine in slow motion was before: its last states stay in the browser, for the way back.
(() => {
  const KEPT = 60;
  let past = [];

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.motion = {
    // A new machine begins a new past.
    keep(state) {
      if (!state) past = [];
      else if (state.begun) past = [state];
      else if (past[past.length - 1] !== state) past = [...past, state].slice(-KEPT);
      return past.length < 2;
    },
    back(clicks) {
      if (!clicks || past.length < 2) return window.dash_clientside.no_update;
      past.pop();
      return past[past.length - 1];
    },
  };
})();
