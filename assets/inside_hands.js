// Mouse, pen, finger and keys on the chips of "Look inside": click, box, drag, zoom, arrow keys.
(() => {
  const {rows, scale, draw, MOST_ZOOM} = window.insideChip;
  const STILL = 5;
  const say = (name, data) => window.dash_clientside.set_props(name, {data: {...data, at: Date.now()}});
  const rowOf = (target) => (target && target.classList && target.classList.contains("chip-canvas") ? target.id.split("-")[0] : null);
  const place = (event, canvas) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const within = (value) => Math.min(Math.max(value, 0), 1);
  // Fingers on a chip by their pointer, and what two of them began with.
  const fingers = new Map();
  let down = null, pinch = null;

  // The spin next to a place of the canvas, if it is near enough for a finger or a mouse.
  function spinAt(row, canvas, [x, y], touch) {
    const {graph} = rows[row];
    if (!graph) return null;
    const at = scale(row, canvas.clientWidth);
    let best = null, least = Math.max(at.size, touch ? 18 : 9) ** 2;
    for (let i = 0; i < graph.n; i++) {
      const far = (at.x(graph.x[i]) - x) ** 2 + (at.y(graph.y[i]) - y) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  function tell(row, canvas, spot, spin) {
    const tip = canvas.parentElement.querySelector(".chip-tip");
    tip.textContent = spin === null ? "" : rows[row].look.words(spin);
    const left = Math.min(Math.max(spot[0] - tip.offsetWidth / 2, 4), Math.max(canvas.clientWidth - tip.offsetWidth - 4, 4));
    const top = spot[1] > tip.offsetHeight + 20 ? spot[1] - tip.offsetHeight - 12 : spot[1] + 18;
    tip.style.transform = `translate(${left}px, ${top}px)`;
    canvas.style.cursor = spin !== null && row === "upper" ? "pointer" : "default";
  }

  function zoom(row, wanted) {
    const state = rows[row];
    state.zoom = Math.min(Math.max(wanted, 1), MOST_ZOOM);
    if (state.zoom === 1) Object.assign(state, {x: 0.5, y: 0.5});
    const canvas = document.getElementById(`${row}-chip`);
    // A zoomed chip is dragged by the finger that would else scroll the page.
    canvas.style.touchAction = state.zoom > 1 ? "none" : "auto";
    draw(row);
  }

  const both = () => {
    const [[x0, y0], [x1, y1]] = fingers.values();
    return {gap: Math.hypot(x1 - x0, y1 - y0), middle: [(x0 + x1) / 2, (y0 + y1) / 2]};
  };
  // What lies between the fingers stays between them.
  function pinched(row, canvas) {
    const state = rows[row], {gap, middle} = both(), {share} = scale(row, canvas.clientWidth);
    const zoomed = Math.min(Math.max((pinch.zoom * gap) / pinch.gap, 1), MOST_ZOOM);
    const [x, y] = middle.map((pixel, axis) => within(pinch.place[axis] - share(pixel) / zoomed));
    Object.assign(state, {x, y});
    zoom(row, zoomed);
  }

  document.addEventListener("pointerdown", (event) => {
    const row = rowOf(event.target);
    if (!row || event.button > 0 || !rows[row].look) return;
    if (event.pointerType === "touch") fingers.set(event.pointerId, place(event, event.target));
    if (fingers.size === 2) {
      const {zoom: zoomed = 1, x = 0.5, y = 0.5} = rows[row], {gap, middle} = both(), {share} = scale(row, event.target.clientWidth);
      pinch = {row, zoom: zoomed, gap: Math.max(gap, 1), place: [x, y].map((at, axis) => at + share(middle[axis]) / zoomed)};
      down = null;
      return;
    }
    const {x = 0.5, y = 0.5} = rows[row];
    down = {row, id: event.pointerId, from: place(event, event.target), middle: [x, y], moved: false};
    if (event.pointerType !== "touch") event.target.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    const row = rowOf(event.target);
    if (!row || !rows[row].look) return;
    const canvas = event.target, state = rows[row], now = place(event, canvas);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, now);
    if (pinch) {
      if (pinch.row === row && fingers.size === 2) pinched(row, canvas);
      return;
    }
    if (!down || down.row !== row || down.id !== event.pointerId) {
      tell(row, canvas, now, spinAt(row, canvas, now, false));
      return;
    }
    const [dx, dy] = [now[0] - down.from[0], now[1] - down.from[1]];
    down.moved = down.moved || Math.hypot(dx, dy) > STILL;
    if (!down.moved) return;
    tell(row, canvas, now, null);
    if (state.look.boxes && event.pointerType !== "touch") state.box = [...down.from, ...now];
    else if (state.zoom > 1) {
      const wide = canvas.clientWidth * state.zoom;
      Object.assign(state, {x: within(down.middle[0] - dx / wide), y: within(down.middle[1] - dy / wide)});
    } else return;
    draw(row);
  });
  const lift = (event) => {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pinch = null;
  };
  document.addEventListener("pointerup", (event) => {
    lift(event);
    const row = rowOf(event.target);
    if (!row || !down || down.row !== row || down.id !== event.pointerId) return;
    const canvas = event.target, state = rows[row], {moved} = down;
    down = null;
    if (row !== "upper") return;
    if (!moved) {
      const spot = place(event, canvas), spin = spinAt(row, canvas, spot, event.pointerType === "touch");
      if (spin !== null) say("inside-click", {spin});
      tell(row, canvas, spot, null); // what it says changes now
      return;
    }
    if (!state.box) return;
    const [x0, y0, x1, y1] = state.box, at = scale(row, canvas.clientWidth);
    const inside = (value, a, b) => value >= Math.min(a, b) && value <= Math.max(a, b);
    const spins = state.graph.x.map((_x, i) => i).filter((i) => inside(at.x(state.graph.x[i]), x0, x1) && inside(at.y(state.graph.y[i]), y0, y1));
    state.box = null;
    draw(row);
    say("inside-box", {spins});
  });
  document.addEventListener("pointercancel", (event) => {
    lift(event);
    down = null;
    for (const row of Object.keys(rows)) rows[row].box = null;
  });
  document.addEventListener("pointerout", (event) => {
    const row = rowOf(event.target);
    if (row) tell(row, event.target, [0, 0], null);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-zoom]");
    if (button) zoom(button.dataset.row, (rows[button.dataset.row].zoom || 1) * Number(button.dataset.zoom));
  });

  // The nearest spin in the direction of an arrow key.
  function beside(graph, spin, key) {
    const [dx, dy] = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[key];
    let best = spin, least = Infinity;
    for (let i = 0; i < graph.n; i++) {
      const [x, y] = [graph.x[i] - graph.x[spin], graph.y[i] - graph.y[spin]];
      const along = x * dx + y * dy, off = Math.abs(x * dy) + Math.abs(y * dx);
      if (along > 0 && along + 2.5 * off < least) [best, least] = [i, along + 2.5 * off];
    }
    return best;
  }

  document.addEventListener("keydown", (event) => {
    const {graph, look} = rows.upper;
    if (!event.target.id || event.target.id !== "upper-frame" || !graph || !look) return;
    if (event.key === "Enter" || event.key === " ") {
      if (look.chosen !== null) say("inside-click", {spin: look.chosen});
    } else if (event.key.startsWith("Arrow")) {
      // Kept at once: the answer of the page follows too late for quick keys.
      look.chosen = look.chosen === null ? graph.n >> 1 : beside(graph, look.chosen, event.key);
      draw("upper");
      window.dash_clientside.set_props("inside-spin", {value: look.chosen});
    } else return;
    event.preventDefault();
  });
})();
