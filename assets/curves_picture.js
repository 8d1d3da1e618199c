// All curves of a page as one picture, twice as large as on the screen: made in the browser, nothing is sent anywhere.
(() => {
  const [WIDE, HIGH, HEAD, EDGE, SCALE] = [560, 300, 34, 20, 2];

  const loaded = (source) => new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = failed;
    image.src = source;
  });

  // The names of the runs that are drawn, in their colours; one run needs none.
  function legend() {
    return [...document.querySelectorAll(".overlay-legend .mantine-Chip-root")]
      .filter((chip) => chip.querySelector("input").checked)
      .map((chip) => {
        const name = chip.querySelector(".arm");
        return {words: name.textContent, colour: getComputedStyle(name, "::before").backgroundColor};
      });
  }

  function writeLegend(pen, names, width, ink) {
    let [x, y] = [EDGE, EDGE + 14];
    pen.font = "14px system-ui, sans-serif";
    for (const {words, colour} of names) {
      const wide = pen.measureText(words).width + 48;
      if (x > EDGE && x + wide > width - EDGE) [x, y] = [EDGE, y + 24];
      pen.fillStyle = colour;
      pen.fillRect(x, y - 7, 16, 4);
      pen.fillStyle = ink;
      pen.fillText(words, x + 24, y);
      x += wide;
    }
    return names.length ? y + 16 : EDGE;
  }

  async function savePicture(clicks, file) {
    if (!clicks) return;
    const shown = window.dash_clientside.curves.plots().filter((plot) => plot.closest(".curve") && plot.getBoundingClientRect().height > 40 && getComputedStyle(plot).visibility !== "hidden");
    if (!shown.length) return;
    const ink = getComputedStyle(document.body).color, ground = getComputedStyle(shown[0].closest(".card")).backgroundColor;
    const columns = Math.min(2, shown.length), rows = Math.ceil(shown.length / columns), width = columns * (WIDE + EDGE) + EDGE;
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d"), names = legend();
    const top = writeLegend(pen, names, width, ink);
    canvas.width = SCALE * width;
    canvas.height = SCALE * (top + rows * (HEAD + HIGH) + EDGE);
    pen.scale(SCALE, SCALE);
    pen.fillStyle = ground;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    writeLegend(pen, names, width, ink);
    for (const [place, plot] of shown.entries()) {
      const left = EDGE + (place % columns) * (WIDE + EDGE), above = top + Math.floor(place / columns) * (HEAD + HIGH);
      const shapes = [...(plot.layout.shapes || []), ...window.dash_clientside.curves.markShapes(plot)];
      const layout = {...plot.layout, shapes, width: WIDE, height: HIGH, autosize: false};
      const picture = await window.Plotly.toImage({data: plot.data, layout}, {format: "png", width: WIDE, height: HIGH, scale: SCALE});
      pen.fillStyle = ink;
      pen.font = "600 15px system-ui, sans-serif";
      pen.fillText(plot.closest("[role=group]").querySelector("h3").textContent, left + 4, above + 22);
      pen.drawImage(await loaded(picture), left, above + HEAD, WIDE, HIGH);
    }
    canvas.toBlob((blob) => {
      const link = Object.assign(document.createElement("a"), {href: URL.createObjectURL(blob), download: `${file}-curves.png`});
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }

  window.dash_clientside.curves.savePicture = savePicture;
})();
