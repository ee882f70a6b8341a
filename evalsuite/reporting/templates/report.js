"use strict";
(() => {
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);
  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  // ---- packed data: gzip, then base64, in a block that no browser runs or renders
  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob($(id).textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };

  // ---- theme
  const theme = $("theme");
  const isDark = () =>
    (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  theme.hidden = false;
  theme.setAttribute("aria-pressed", String(isDark()));
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    theme.setAttribute("aria-pressed", String(isDark()));
  });

  // ---- copy and download
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = $(button.dataset.copy);
      getSelection().selectAllChildren(source);
      try {
        await navigator.clipboard.writeText(source.textContent);
      } catch {
        return; // the text is selected: Ctrl-C copies it
      }
      const label = button.textContent;
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = label; }, 1500);
    });
  }
  const download = $("download");
  download.hidden = false;
  download.addEventListener("click", async () => {
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([await unpack("results")], { type: "application/json" }));
    link.download = "results.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });

  // ---- printing shows what is folded
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of opened) details.open = false; });

  // ---- the question browser
  const PAGE = 25;
  const LONGEST = 20000;
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;
  const visible = (text) =>
    text.replace(HIDDEN, (c) => `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
  const flat = (text) => visible(String(text)).replace(/\s+/g, " ").slice(0, 120);
  const [TEXT, STRICT, , ANSWER, FLEXIBLE, SPAN, LIMIT, TOKENS, CUTS] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const state = { filter: "", search: "", sort: "id", budget: -1, shown: PAGE, open: null };
  let data = null;
  let matching = [];

  const say = (key, values = {}) =>
    data.words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  const cutOff = (side) => side[LIMIT] || (data.headline >= 0 && side[CUTS][data.headline] != null);
  const rules = {
    broken: (r) => r[4][STRICT] && !r[5][STRICT],
    fixed: (r) => !r[4][STRICT] && r[5][STRICT],
    "both-wrong": (r) => !r[4][STRICT] && !r[5][STRICT],
    "both-right": (r) => r[4][STRICT] && r[5][STRICT],
    cut: (r) => cutOff(r[4]) || cutOff(r[5]),
    "no-answer": (r) => r[4][ANSWER] === null || r[5][ANSWER] === null,
  };
  const change = (r) => (r[5][TOKENS] ?? r[5][TEXT].length) - (r[4][TOKENS] ?? r[4][TEXT].length);
  const chance = (r) =>
    state.filter === "fixed" ? r[6] : state.filter === "broken" ? r[7] : Math.max(r[6], r[7]);
  const orders = {
    id: null,
    real: (a, b) => chance(b) - chance(a),
    shorter: (a, b) => change(a) - change(b),
    longer: (a, b) => change(b) - change(a),
  };

  const select = () => {
    const needle = state.search.toLowerCase();
    const holds = (text) => text !== null && text.toLowerCase().includes(needle);
    matching = data.rows.filter((r) =>
      (!state.filter || rules[state.filter](r)) &&
      (!needle || holds(r[0]) || holds(r[2]) || holds(r[4][TEXT]) || holds(r[5][TEXT])));
    if (orders[state.sort]) matching.sort(orders[state.sort]);
  };

  const pieces = (side, whole) => {
    const pre = make("pre");
    const end = whole ? side[TEXT].length : Math.min(side[TEXT].length, LONGEST);
    const cut = state.budget >= 0 ? side[CUTS][state.budget] ?? null : null;
    const [from, to] = side[SPAN] || [-1, -1];
    const edges = [0, end, from, to, cut].filter((p) => p !== null && p >= 0 && p <= end);
    const places = [...new Set(edges)].sort((a, b) => a - b);
    places.forEach((start, i) => {
      if (start === cut) pre.append(make("span", "cut", say("cut_here", { n: data.budgets[state.budget] })));
      if (i + 1 === places.length) return;
      const text = visible(side[TEXT].slice(start, places[i + 1]));
      const after = cut !== null && start >= cut;
      const inside = start >= from && start < to;
      pre.append(inside ? make("mark", after ? "after" : "", text) : after ? make("span", "after", text) : text);
    });
    const later = data.headline >= 0 && side[CUTS][data.headline] != null;
    if (side[LIMIT] && !later && end === side[TEXT].length) pre.append(make("span", "cut", say("cut_end")));
    if (end < side[TEXT].length) {
      const more = make("button", "quiet", say("rest", { n: side[TEXT].length - end }));
      more.type = "button";
      more.addEventListener("click", () => pre.replaceWith(pieces(side, true)));
      pre.append(more);
    }
    return pre;
  };

  const panel = (name, side, role) => {
    const box = make("div", `answer ${role}`);
    const read = side[ANSWER] !== null ? say("found", { a: flat(side[ANSWER]) })
      : side[FLEXIBLE] !== null ? `${say("no_answer")}; ${say("flexible_found", { a: flat(side[FLEXIBLE]) })}`
      : say("no_answer");
    const line = make("p", "caption");
    line.append(make("strong", "", name), ` ${side[STRICT] ? "✓" : "✗"} ${say(side[STRICT] ? "right" : "wrong")}, ${read}`);
    if (side[TOKENS] !== null) line.append(` · ${say("tokens", { n: side[TOKENS].toLocaleString("en") })}`);
    box.append(line, pieces(side, false));
    return box;
  };

  const detail = (row) => {
    const box = make("div", "pair");
    const head = make("p", "question");
    head.textContent = row[2] === null ? say("withheld") : visible(row[2]);
    const gold = make("p", "caption", `${say("gold")}: ${flat(row[3])}`);
    const sides = make("div", "sides");
    sides.append(panel(data.names[0], row[4], "base"), panel(data.names[1], row[5], "trained"));
    box.append(head, gold, sides);
    return box;
  };

  const mark = (side) => `${side[STRICT] ? "✓" : "✗"} ${flat(side[ANSWER] ?? side[FLEXIBLE] ?? "–")}`;
  const item = (row) => {
    const entry = make("li");
    const button = make("button", "row");
    button.type = "button";
    button.setAttribute("aria-expanded", String(row === state.open));
    const id = data.words.sample ? `${flat(row[0])} · ${say("sample", { n: row[1] + 1 })}` : flat(row[0]);
    const length = row[4][TOKENS] === null || row[5][TOKENS] === null ? "" : `${row[4][TOKENS]} → ${say("tokens", { n: row[5][TOKENS] })}`;
    button.append(
      make("span", "id", id),
      make("span", row[4][STRICT] ? "ok" : "no", mark(row[4])),
      make("span", row[5][STRICT] ? "ok" : "no", mark(row[5])),
      make("span", "gold", `${say("gold")} ${flat(row[3])}`),
      make("span", "len", length));
    button.addEventListener("click", () => { state.open = row === state.open ? null : row; draw(true); });
    entry.append(button);
    if (row === state.open) entry.append(detail(row));
    return entry;
  };

  const address = () => {
    const parts = [];
    if (state.open) parts.push(`q=${encodeURIComponent(state.open[0].slice(0, 200).toWellFormed?.() ?? state.open[0].slice(0, 200))}`);
    if (state.open && state.open[1]) parts.push(`s=${state.open[1]}`);
    if (state.filter) parts.push(`f=${state.filter}`);
    history.replaceState(null, "", `#${parts.join("&")}`);
  };

  const draw = (focus) => {
    $("shown").textContent = say("shown", { n: matching.length.toLocaleString("en") });
    for (const button of document.querySelectorAll("#filters button")) {
      button.setAttribute("aria-pressed", String(button.dataset.filter === state.filter));
    }
    const list = $("list");
    list.replaceChildren(...matching.slice(0, state.shown).map(item));
    if (!matching.length) list.append(make("li", "nothing", say("nothing")));
    $("more").hidden = matching.length <= state.shown;
    if (!focus) return;
    address();
    const at = matching.indexOf(state.open);
    if (at >= 0) list.children[at].firstChild.focus({ preventScroll: true });
    if (at >= 0) list.children[at].scrollIntoView({ block: "nearest" });
  };

  const refresh = (focus = false) => { state.shown = PAGE; select(); draw(focus); };
  const choose = (filter) => { state.filter = filter === state.filter ? "" : filter; state.open = null; refresh(); address(); };
  const step = (by) => {
    if (!matching.length) return;
    const at = matching.indexOf(state.open);
    const next = Math.min(Math.max(at < 0 ? 0 : at + by, 0), matching.length - 1);
    state.open = matching[next];
    while (state.shown <= next) state.shown += PAGE;
    draw(true);
  };

  const follow = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (!wanted.has("q") && !wanted.has("f")) return false;
    state.search = $("search").value = "";
    state.filter = Object.hasOwn(rules, wanted.get("f")) ? wanted.get("f") : "";
    const sample = Number(wanted.get("s") || 0);
    state.open = data.rows.find((r) => r[0] === wanted.get("q") && r[1] === sample) || null;
    if (state.open && state.filter && !rules[state.filter](state.open)) state.filter = "";
    refresh();
    const at = matching.indexOf(state.open);
    while (at >= state.shown) state.shown += PAGE;
    draw(at >= 0);
    (at >= 0 ? $("list").children[at] : $("questions")).scrollIntoView({ block: "start" });
    return true;
  };

  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (document.activeElement === $("search")) $("search").blur();
      else if (state.open) { state.open = null; draw(false); address(); }
      return;
    }
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
    const buttons = document.querySelectorAll("#filters button");
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/") { event.preventDefault(); $("search").focus(); }
    else if (/^[1-6]$/.test(event.key) && buttons[event.key - 1]) buttons[event.key - 1].click();
  };

  const start = async () => {
    if (!$("pairs")) return;
    data = JSON.parse(await unpack("pairs"));
    state.budget = data.headline;
    const budget = $("budget");
    data.budgets.forEach((tokens, i) => budget.append(new Option(say("tokens", { n: tokens.toLocaleString("en") }), i)));
    budget.value = String(state.budget);
    budget.parentElement.hidden = !data.budgets.length;
    budget.addEventListener("change", () => { state.budget = Number(budget.value); draw(false); });
    state.sort = $("sort").value;
    $("sort").addEventListener("change", (event) => { state.sort = event.target.value; refresh(); });
    let timer = 0;
    $("search").addEventListener("input", (event) => {
      clearTimeout(timer);
      timer = setTimeout(() => { state.search = event.target.value; state.open = null; refresh(); }, 120);
    });
    for (const button of document.querySelectorAll("#filters button")) {
      button.addEventListener("click", () => choose(button.dataset.filter));
    }
    $("more").addEventListener("click", () => { state.shown += PAGE; draw(false); });
    addEventListener("keydown", keys);
    addEventListener("hashchange", follow);
    $("fallback").remove();
    $("explorer").hidden = false;
    if (!follow()) { state.filter = "broken"; refresh(); }
  };
  start().then(() => { root.dataset.ready = "true"; }, () => { root.dataset.ready = "failed"; });
})();
