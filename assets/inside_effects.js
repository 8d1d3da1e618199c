// On "Look inside": the heat map of which spins matter is gathered piece by piece, and what a newer checkpoint left as it was is said.
(() => {
  const no = () => window.dash_clientside.no_update;
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.effects = {
    // Dash does not follow a question to its own answer and on to the next question: what a page sets itself, it does.
    take(answered) {
      window.dash_clientside.set_props("inside-piece", {data: answered});
    },
    // One piece is asked for at a time, and none once the string, the model or the group has changed.
    gather(_changed, show, piece, text, begun, graph, asked, known) {
      const {queue, decodable} = window.dash_clientside.inside;
      if (show !== "matter" || !decodable(text, begun, graph)) return Array(5).fill(no());
      const now = {key: graph.key, version: graph.version, text, digit: begun.digit};
      const same = (one) => Boolean(one) && Object.keys(now).every((name) => one[name] === now[name]);
      let found = same(known) ? known : {...now, pixels: [], energies: []};
      const have = found.pixels.length;
      if (same(asked) && piece && piece.at === asked.at && piece.first === have) {
        found = {...found, pixels: [...found.pixels, ...piece.pixels], energies: [...found.energies, ...piece.energies]};
      }
      const tried = found.pixels.length, all = tried >= graph.n;
      // What had no answer is asked again once the group is opened again.
      const opened = window.dash_clientside.callback_context.triggered.some(({prop_id}) => prop_id.startsWith("inside-show"));
      const failed = opened && asked && piece && piece.at === asked.at && piece.first === undefined;
      const next = all ? no() : queue({...now, first: tried}, piece && piece.at, failed ? null : asked);
      const words = `${tried.toLocaleString("en-GB")} of ${graph.n.toLocaleString("en-GB")} flips tried`;
      return [found === known ? no() : found, next, all ? {display: "none"} : {}, String(tried / graph.n), words];
    },
    news(begun, graph, past, held, show, frame) {
      if (!begun || !begun.again || !graph || !graph.step) return "";
      const count = (number, one) => (number ? `${number} ${one}${number === 1 ? "" : "s"}` : "");
      const kept = [count((past || []).length, "flip"), count([...(held || "")].filter((mark) => mark === "1").length, "held spin")];
      const words = kept.filter(Boolean).join(" and ");
      const lost = show === "walk" && frame ? "; the walk begins anew" : "";
      return `New checkpoint, step ${graph.step.toLocaleString("en-GB")}${words ? `: your ${words} stay` : ""}${lost}`;
    },
  };
})();
