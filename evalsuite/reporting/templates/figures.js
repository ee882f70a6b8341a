"use strict";
(() => {
  const { save, cell } = evalsuite;

  // ---- every figure is there for wide and for narrow screens: the one that is not seen leaves
  const isNarrow = matchMedia("(max-width: 40rem)");
  const arts = [...document.querySelectorAll(".art")].map((box) => [box, box.firstElementChild]);
  const fit = () => {
    for (const [box, svg] of arts) {
      if (box.classList.contains("narrow") === isNarrow.matches) box.append(svg);
      else svg.remove();
    }
  };
  fit();
  isNarrow.addEventListener("change", fit);

  // ---- figures as files: the page's colours are written into the copy
  const drawn = (svg) => {
    const copy = svg.cloneNode(true);
    const [here, there] = [svg, copy].map((root) => root.querySelectorAll("*"));
    here.forEach((node, i) => {
      const style = getComputedStyle(node);
      for (const name of ["fill", "stroke", "stroke-width", "paint-order"]) {
        if (name !== "paint-order" || node.tagName === "text") there[i].setAttribute(name, style.getPropertyValue(name));
      }
    });
    const [, , width, height] = svg.getAttribute("viewBox").split(" ");
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    copy.setAttribute("font-family", "sans-serif");
    return new XMLSerializer().serializeToString(copy);
  };
  const savePng = (name, svg) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = 3 * image.width;
      canvas.height = 3 * image.height;
      const pen = canvas.getContext("2d");
      pen.fillStyle = getComputedStyle(document.body).backgroundColor;
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(name, "image/png", blob));
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(drawn(svg));
  };
  const csv = (table) =>
    [...table.rows].map((row) => [...row.cells].map((c) => cell(c.textContent.trim().replaceAll("\u2212", "-"))).join(",")).join("\r\n");
  for (const figure of document.querySelectorAll("figure")) {
    const line = figure.querySelector(".saves");
    line.hidden = false;
    line.addEventListener("click", (event) => {
      const kind = event.target.dataset.save;
      if (kind === "SVG") save(figure.id + ".svg", "image/svg+xml", drawn(figure.querySelector("svg")));
      if (kind === "PNG") savePng(figure.id + ".png", figure.querySelector("svg"));
      if (kind === "CSV") save(figure.id + ".csv", "text/csv", csv(figure.querySelector("table")));
    });
  }

  // ---- only what scrolls sideways is a stop for the keyboard
  const stops = () => {
    const boxes = [...document.querySelectorAll(".scroll")];
    const isStop = boxes.map((box) => box.scrollWidth > box.clientWidth); // all read before any is set: one layout
    boxes.forEach((box, i) => {
      if (isStop[i]) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  };
  stops();
  addEventListener("resize", stops);
  document.addEventListener("toggle", stops, true);
})();
