"use strict";
// One question with its answers: what was read at a budget, where the answers part, what is false.
(() => {
  const { make, budget, formulas } = evalsuite;
  const LONGEST = 20000;
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;
  const visible = (text) =>
    text.replace(HIDDEN, (c) => `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
  const flat = (text, longest = 120) => visible(String(text).slice(0, 4 * longest)).replace(/\s+/g, " ").slice(0, longest);
  const [TEXT, STRICT, FLEXIBLE, ANSWER, READ, SPAN, LIMIT, TOKENS, CUTS, STEPS, WIDTHS] = Array(11).keys();
  const NOTHING = [0, 0, 0, null, null, null];
  let data = null;
  const say = (key, values = {}) =>
    data.words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

  // ---- an answer at the budget of the page; as at the headline where steps are not known
  const moves = (side) => budget.at !== null && side[STEPS] !== null;
  const reading = (side) =>
    moves(side) ? side[STEPS].findLast((step) => step[TEXT] <= budget.at) ?? NOTHING : side;
  const isCut = (side) => {
    if (!moves(side)) return Boolean(side[LIMIT]) || (data.headline >= 0 && side[CUTS][data.headline] != null);
    return side[TOKENS] + 1 > budget.at || side[CUTS].at(-1) != null;
  };
  const cutPlace = (side) => {
    const tokens = moves(side) ? budget.at : data.budgets[data.mark];
    const stored = data.budgets.indexOf(tokens);
    if (stored >= 0) return side[CUTS][stored] ?? null;
    if (!moves(side) || side[WIDTHS] === null || !isCut(side)) return null;
    let end = 0, n = 0;
    for (const sign of side[WIDTHS]) {
      if (n === budget.at) break;
      end += sign.charCodeAt(0) - 48;
      if (sign !== "~") n += 1;
    }
    return end;
  };

  // ---- where two answers part: the first word that differs
  const parting = (left, right) => {
    let i = 0;
    while (i < left.length && i < right.length && left[i] === right[i]) i += 1;
    if (i === left.length && i === right.length) return null;
    while (i > 0 && /\S/.test(left[i - 1])) i -= 1;
    return i;
  };

  // ---- the first calculation that is false, rounding allowed
  const NUMBER = String.raw`(?:\\?\$)?(\d[\d,]*(?:\.\d+)?|\.\d+)`;
  const SIGN = String.raw`\s*(\+|-|\u2212|\*|\u00d7|\/|\u00f7|\\times|\\div|\\cdot)\s*`;
  const CHAIN = new RegExp(String.raw`(?<![\w.,)}\]^$]|[=+*/\u00d7\u00f7\u2212-]\s?|\\[a-z]+\s?)${NUMBER}((?:${SIGN}${NUMBER}){1,6})\s*=\s*(-?)${NUMBER}(?![\w^(]|[.,]\d|\s*(?:\\?%|\\(?:times|div|cdot|frac)|[+*/\u00d7\u00f7\u2212-]\s*\d))`, "g");
  const value = (text) => Number(text.replaceAll(",", ""));
  const worth = (first, rest) => {
    const terms = [value(first)];
    for (const [, sign, number] of rest.matchAll(new RegExp(SIGN + NUMBER, "g"))) {
      const by = value(number);
      if (sign === "+") terms.push(by);
      else if (sign === "-" || sign === "\u2212") terms.push(-by);
      else terms.push(terms.pop() * (sign === "/" || sign === "\u00f7" || sign === "\\div" ? 1 / by : by));
    }
    return terms.reduce((sum, term) => sum + term, 0);
  };
  const falseEquation = (text) => {
    for (const match of text.slice(0, LONGEST).matchAll(CHAIN)) {
      const written = match.at(-1), is = worth(match[1], match[2]);
      const digits = written.includes(".") ? written.split(".")[1].length : 0;
      const claimed = (match.at(-2) === "-" ? -1 : 1) * value(written);
      const isRounded = /\/|\u00f7|\\div/.test(match[2]); // a quotient may be cut short as well
      if (Number.isFinite(is) && Math.abs(is - claimed) > (isRounded ? 1.0001 : 0.5001) * 10 ** -digits) {
        return { from: match.index, to: match.index + match[0].length, is: String(Number(is.toPrecision(8))) };
      }
    }
    return null;
  };

  // Formulas that can be drawn, by their places; one that is cut, or in which answers part, stays raw.
  const typeset = (text, inside) => {
    const found = new Map();
    for (const place of formulas.places(text)) {
      const math = inside.some((p) => p > place.from && p < place.to) ? null : formulas.drawn(place);
      if (math) found.set(place.from, { ...place, math });
    }
    return found;
  };
  const pieces = (side, other, whole) => {
    const pre = make("pre"), text = side[TEXT];
    const end = whole ? text.length : Math.min(text.length, LONGEST);
    const cut = cutPlace(side), parts = parting(text, other[TEXT]), wrong = falseEquation(text);
    let [from, to] = reading(side)[SPAN] || [-1, -1];
    const found = formulas.isOn ? typeset(text.slice(0, end), [cut, parts]) : new Map();
    for (const { from: start, to: stop } of found.values()) { // a mark in a formula is a mark of all of it
      if (from > start && from < stop) from = start;
      if (to > start && to < stop) to = stop;
      if (wrong && wrong.from > start && wrong.from < stop) wrong.from = start;
      if (wrong && wrong.to > start && wrong.to < stop) wrong.to = stop;
    }
    const edges = [0, end, from, to, cut, parts, wrong?.from, wrong?.to];
    for (const place of found.values()) edges.push(place.from, place.to);
    const places = [...new Set(edges.filter((p) => p != null && p >= 0 && p <= end))].sort((a, b) => a - b);
    places.forEach((start, i) => {
      if (start === cut) pre.append(make("span", "cut", say("cut_here", { n: budget.at ?? data.budgets[data.mark] })));
      if (start === parts && start > 0) {
        const sign = make("span", "parts");
        sign.title = say("parts");
        pre.append(sign);
      }
      if (i + 1 === places.length) return;
      const shown = found.get(start)?.math ?? visible(text.slice(start, places[i + 1]));
      const classes = [];
      if (cut !== null && start >= cut) classes.push("after");
      if (wrong && start >= wrong.from && start < wrong.to) classes.push("false");
      const inside = start >= from && start < to;
      let piece = shown;
      if (inside || classes.length) {
        piece = make(inside ? "mark" : "span", classes.join(" "));
        piece.append(shown);
      }
      if (wrong && places[i + 1] === wrong.to) {
        piece.title = say("not_equal", { a: wrong.is });
        piece.dataset.is = `≠ ${wrong.is}`;
      }
      pre.append(piece);
    });
    if (isCut(side) && cut === null && end === text.length) pre.append(make("span", "cut", say("cut_end")));
    if (end < text.length) pre.append(rest(text.length - end, () => pre.replaceWith(pieces(side, other, true))));
    return pre;
  };
  const rest = (n, open) => {
    const more = make("button", "quiet", say("rest", { n: n.toLocaleString("en") }));
    more.type = "button";
    more.addEventListener("click", open);
    return more;
  };

  const told = (side) => {
    const now = reading(side);
    const read = now[ANSWER] !== null ? say("found", { a: flat(now[ANSWER]) })
      : now[READ] !== null ? `${say("no_answer")}; ${say("flexible_found", { a: flat(now[READ]) })}`
      : say("no_answer");
    return say("outcome", { mark: now[STRICT] ? "✓" : "✗", word: say(now[STRICT] ? "right" : "wrong"), read });
  };
  const panel = (name, side, other, role) => {
    const box = make("div", `answer ${role}`), line = make("p", "caption");
    line.append(make("strong", "", name), ` ${told(side)}`);
    if (side[TOKENS] !== null) line.append(` · ${say("tokens", { n: side[TOKENS].toLocaleString("en") })}`);
    box.append(line, pieces(side, other, false));
    return box;
  };
  const asked = (text, whole) => {
    const shown = make("p", "question"), part = whole ? text : text.slice(0, LONGEST);
    shown.append(...(formulas.isOn ? formulas.inText(part) : [visible(part)]));
    if (!whole && text.length > LONGEST) {
      shown.append(rest(text.length - LONGEST, () => shown.replaceWith(asked(text, true))));
    }
    return shown;
  };

  // ---- one pair as Markdown: fences longer than any inside, nothing else interpreted
  const fenced = (text) => {
    const runs = text.match(/`+/g) || [];
    const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
    return `${fence}text\n${text}\n${fence}`;
  };
  const markdown = (row) => {
    const name = (text) => flat(text).replace(/[\\`*_{}[\]()#+!<>|~-]/g, "\\$&");
    const side = (of, answer) => [`**${name(data.names[of])}**: ${name(told(answer))}`, fenced(visible(answer[TEXT]))];
    const budgetLine = budget.at === null ? [] : [say("cut_at", { n: budget.at.toLocaleString("en") })];
    return [
      `### ${name(row[0])}`, ...budgetLine, ...(row[2] === null ? [] : [fenced(visible(row[2]))]),
      say("gold_is", { a: name(row[3] ?? "?") }), ...side(0, row[4]), ...side(1, row[5]),
    ].join("\n\n") + "\n";
  };

  evalsuite.answers = {
    use: (loaded) => { data = loaded; },
    say, flat, visible, reading, isCut, panel, asked, markdown,
    place: { TEXT, STRICT, FLEXIBLE, ANSWER, READ, TOKENS },
  };
})();
