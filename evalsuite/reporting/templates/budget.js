"use strict";
// One budget for the figure and the question browser; counts come from the results of this page.
(() => {
  const { make, unpack } = evalsuite;
  const slides = [...document.querySelectorAll(".slide")];
  const inputs = [...document.querySelectorAll("[data-budget]")];
  const listeners = [];
  let curve = null;
  const budget = { at: null, last: null, listen: (listener) => listeners.push(listener) };
  evalsuite.budget = budget;

  // ---- numbers as the tables write them
  const fixed = (value, digits) => {
    const scaled = value * 10 ** digits, floor = Math.floor(scaled);
    const tie = scaled - floor === 0.5; // to the even digit, as the tables do
    return (tie ? (floor + (floor % 2 === 0 ? 0 : 1)) / 10 ** digits : value).toFixed(digits);
  };
  const percent = (part, n) => {
    if (part === 0 || part === n) return part ? "100" : "0";
    const text = fixed(100 * (part / n), 1);
    return text === "0.0" ? "<0.1" : text === "100.0" ? ">99.9" : text;
  };
  const points = (fraction) => {
    let digits = 1, text = fixed(100 * fraction, 1);
    while (fraction && !Number(text) && digits < 6) text = fixed(100 * fraction, ++digits);
    if (!Number(text)) return (0).toFixed(digits);
    return fraction > 0 ? `+${text}` : text.replace("-", "\u2212");
  };
  const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

  // ---- what holds at a budget
  const exactAt = (tokens) =>
    tokens === curve.last ? tokens : Math.floor(tokens / curve.resolution) * curve.resolution;
  const counts = (tokens) => {
    const at = curve.max_new_tokens.findLastIndex((place) => place <= exactAt(tokens));
    const of = (column, before) => (column === null ? null : at < 0 ? before : column[at]);
    return {
      base: of(curve.base, 0), trained: of(curve.trained, 0), losses: of(curve.losses, 0),
      base_cut: of(curve.base_truncated, curve.n), trained_cut: of(curve.trained_truncated, curve.n),
    };
  };
  const sentence = (slide) => {
    const at = exactAt(budget.at), now = counts(budget.at), { n } = curve;
    const count = (value) => value.toLocaleString("en");
    const told = filled(slide.dataset.at, {
      n: count(at), base: slide.dataset.base, trained: slide.dataset.trained,
      base_rate: percent(now.base, n), trained_rate: percent(now.trained, n),
      gain: points((now.trained - now.base) / n),
      gains: count(now.trained - now.base + now.losses), losses: count(now.losses),
    });
    if (now.base_cut === null || now.trained_cut === null) return told;
    const cut = { base_cut: percent(now.base_cut, n), trained_cut: percent(now.trained_cut, n) };
    return `${told}${document.documentElement.lang.startsWith("zh") ? "" : " "}${filled(slide.dataset.cut, cut)}`;
  };

  // ---- the line in the figure
  const frames = (svg) => svg.dataset.frames.split(";").map((frame) => frame.split(" ").map(Number));
  const cursors = [];
  for (const svg of document.querySelectorAll("svg[data-frames]")) {
    for (const [left, right, top, bottom, low, high] of slides.length ? frames(svg) : []) {
      const line = document.createElementNS(svg.namespaceURI, "line");
      line.setAttribute("class", "cursor");
      line.setAttribute("y1", top);
      line.setAttribute("y2", bottom);
      svg.append(line);
      const place = (tokens) => left + ((right - left) * Math.log(tokens / low)) / Math.log(high / low);
      cursors.push((tokens) => {
        for (const end of ["x1", "x2"]) line.setAttribute(end, place(Math.max(tokens, low)).toFixed(2));
      });
    }
  }

  const show = (typed) => {
    for (const input of inputs) if (input !== typed) input.value = String(budget.at);
    for (const move of cursors) move(budget.at);
    for (const slide of slides) {
      slide.querySelector(".reading").textContent = sentence(slide);
      for (const stop of slide.querySelectorAll("[data-stop]")) {
        stop.setAttribute("aria-pressed", String(Number(stop.dataset.stop) === budget.at));
      }
    }
  };
  budget.set = (tokens, typed = null) => {
    const wanted = Math.round(Number(tokens));
    if (!curve || !Number.isFinite(wanted) || wanted < 1) return;
    const at = Math.min(wanted, curve.last);
    if (at === budget.at && !typed) return;
    budget.at = at;
    show(typed);
    for (const listener of listeners) listener();
  };

  budget.ready = (async () => {
    if (!slides.length) return;
    curve = JSON.parse(await unpack("results")).budget_curve;
    budget.last = curve.last;
    budget.headline = budget.at = Number(inputs[0].getAttribute("value"));
    for (const slide of slides) slide.hidden = false;
    let waiting = 0;
    for (const input of inputs) {
      input.addEventListener("input", () => {
        cancelAnimationFrame(waiting);
        waiting = requestAnimationFrame(() => budget.set(input.value, input));
      });
      input.addEventListener("change", () => {
        cancelAnimationFrame(waiting); // what was typed in the last frame counts as well
        budget.set(input.value, input);
        input.value = String(budget.at);
      });
    }
    for (const stop of document.querySelectorAll("[data-stop]")) {
      stop.addEventListener("click", () => budget.set(stop.dataset.stop));
    }
    show(null);
  })();
})();
