// A pad to draw on with mouse, pen or finger. It keeps its strokes as points in sides of the pad and sends them while they
// are drawn, one question at a time: the next one waits for the answer to the last.
(() => {
  const PAUSE = 90;
  // Longer than the server waits for an answer (PATIENCE in play_parts.py): until then none is lost.
  const LOST = 50000;
  // After this long without an answer the pad says what it waits for.
  const LATE = 1500;
  const pads = new Map();

  // Pads come and go with the pages; each keeps its strokes as long as its canvas lives.
  function stateOf(canvas) {
    const known = pads.get(canvas.id);
    if (known && known.canvas === canvas) return known;
    const state = {canvas, strokes: [], drawing: null, dirty: false, asked: 0, timer: null, late: null};
    pads.set(canvas.id, state);
    return state;
  }

  function paint(state) {
    const {canvas, strokes} = state;
    const context = canvas.getContext("2d");
    const mask = canvas.classList.contains("brush");
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = canvas.width * (mask ? 0.14 : 0.075);
    context.strokeStyle = mask ? getComputedStyle(canvas).color : "#ffffff";
    for (const stroke of strokes) {
      context.beginPath();
      for (const [index, [x, y]] of stroke.entries()) {
        if (!index) context.moveTo(x * canvas.width, y * canvas.height);
        context.lineTo(x * canvas.width, y * canvas.height);
      }
      context.stroke();
    }
    canvas.parentElement.classList.toggle("blank", !strokes.length);
  }

  function send(state) {
    clearTimeout(state.timer);
    state.timer = null;
    if (state.asked && Date.now() - state.asked < LOST) {
      state.dirty = true;
      return;
    }
    state.dirty = false;
    state.asked = Date.now();
    late(state, true);
    const strokes = state.strokes.map((stroke) => stroke.slice());
    window.dash_clientside.set_props(`${state.canvas.id}-strokes`, {data: {strokes, asked: state.asked}});
  }

  function late(state, waiting) {
    clearTimeout(state.late);
    const pad = state.canvas.closest(".pad");
    if (!waiting && pad) pad.classList.remove("waiting");
    if (waiting) state.late = setTimeout(() => pad && pad.classList.add("waiting"), LATE);
  }

  function soon(state) {
    state.timer = state.timer || setTimeout(() => send(state), PAUSE);
  }

  function place(event, canvas) {
    const box = canvas.getBoundingClientRect();
    const within = (value) => Math.round(1000 * Math.min(Math.max(value, 0), 1)) / 1000;
    return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
  }

  const padOf = (event) => (event.target.classList && event.target.classList.contains("pad-canvas") ? event.target : null);

  document.addEventListener("pointerdown", (event) => {
    const canvas = padOf(event);
    if (!canvas || event.button > 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    const state = stateOf(canvas);
    state.drawing = event.pointerId;
    state.strokes.push([place(event, canvas)]);
    paint(state);
    soon(state);
  });
  document.addEventListener("pointermove", (event) => {
    const canvas = padOf(event);
    const state = canvas && stateOf(canvas);
    if (!state || state.drawing !== event.pointerId) return;
    const stroke = state.strokes[state.strokes.length - 1];
    for (const one of event.getCoalescedEvents ? event.getCoalescedEvents() : [event]) {
      const [x, y] = place(one, canvas);
      const [px, py] = stroke[stroke.length - 1];
      if (Math.hypot(x - px, y - py) > 0.012) stroke.push([x, y]);
    }
    paint(state);
    soon(state);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, (event) => {
      const canvas = padOf(event);
      const state = canvas && stateOf(canvas);
      if (!state || state.drawing !== event.pointerId) return;
      state.drawing = null;
      send(state);
    });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-pad]");
    const canvas = button && document.getElementById(button.dataset.pad);
    if (!canvas) return;
    const state = stateOf(canvas);
    if (button.dataset.deed === "undo") state.strokes.pop();
    else state.strokes = [];
    paint(state);
    send(state);
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.pad = {
    // The server has answered, whatever it said: what was drawn meanwhile is asked now.
    answered(mark, name) {
      const state = pads.get(name);
      if (state && mark === state.asked) {
        state.asked = 0;
        late(state, false);
        if (state.dirty) send(state);
      }
      return window.dash_clientside.no_update;
    },
    // What is open stands in the address, for a reload or a friend.
    remember(section, key) {
      if (!key || !window.location.pathname.startsWith("/lab/play")) return window.dash_clientside.no_update;
      const query = new URLSearchParams({machine: key, show: section});
      window.history.replaceState(window.history.state, "", `${window.location.pathname}?${query}`);
      return section;
    },
    // Something else takes the pad's place.
    wipe(clicks, name) {
      const canvas = document.getElementById(name);
      if (clicks && canvas) {
        const state = stateOf(canvas);
        state.strokes = [];
        paint(state);
      }
      return window.dash_clientside.no_update;
    },
  };
})();
