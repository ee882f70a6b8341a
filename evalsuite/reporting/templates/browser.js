"use strict";
// The question browser: filters, order, search, keys, and a link that holds all of it.
(() => {
  const { $, make, unpack, budget, formulas, answers, rows } = evalsuite;
  const { say } = answers;
  const { rules, hasCause, right, closed, detail, download } = rows;
  const { TEXT, ANSWER, READ, TOKENS } = answers.place;
  const PAGE = 25;
  const CAUSES = ["finished", "formatted", "rest"];
  const state = {
    filter: "", cause: "", search: "", sort: "id", down: false, shown: PAGE, open: null, sample: 0,
    stars: new Set(), notes: new Map(), starred: false,
  };
  let data = null, groups = [], matching = [];

  // ---- order
  const mean = (group, of) => group.rows.reduce((sum, row) => sum + of(row), 0) / group.rows.length;
  const length = (side) => (group) => mean(group, (row) => row[side][TOKENS] ?? row[side][TEXT].length);
  const longer = (group) => length(5)(group) - length(4)(group);
  const chance = ({ rows: [row] }) =>
    state.filter === "fixed" ? row[6] : state.filter === "broken" ? row[7] : Math.max(row[6], row[7]);
  const read = (side) => ({ rows: [row] }) => answers.reading(row[side])[ANSWER] ?? answers.reading(row[side])[READ] ?? "";
  const drawn = (group) => {
    let hash = 2166136261 ^ data.seed; // FNV-1a of the id: the same draw on every machine
    for (const letter of group.id) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 12)) >>> 0;
  };
  const text = new Intl.Collator("en", { numeric: true });
  const numeric = (key) => (a, b) => key(a) - key(b);
  const sides = (side) => (a, b) => right(b, side) - right(a, side) || text.compare(read(side)(a), read(side)(b));
  const orders = {
    id: numeric((group) => group.index),
    real: (a, b) => chance(b) - chance(a),
    shorter: numeric(longer),
    longer: (a, b) => longer(b) - longer(a),
    "base-length": numeric(length(4)),
    "trained-length": numeric(length(5)),
    base: sides(4),
    trained: sides(5),
    gold: (a, b) => text.compare(a.rows[0][3] ?? "", b.rows[0][3] ?? ""),
    shuffled: numeric(drawn),
  };

  // ---- which questions, in which order
  // A question that is open stays in sight while the budget moves, whatever becomes of it.
  const select = (keep = null) => {
    state.starred &&= state.stars.size > 0;
    const needle = state.search.toLowerCase();
    const holds = (words) => words !== null && words.toLowerCase().includes(needle);
    const found = (group) =>
      group.rows.some((r) => holds(r[0]) || holds(r[2]) || holds(r[4][TEXT]) || holds(r[5][TEXT]));
    const holding = groups.filter((group) =>
      (!state.filter || rules[state.filter](group, data)) &&
      (!state.cause || hasCause(group, state.cause)) &&
      (!state.starred || state.stars.has(group.id)) &&
      (!needle || found(group)));
    state.count = holding.length;
    matching = keep && !holding.includes(keep) ? [...holding, keep] : holding;
    const order = orders[state.sort];
    matching.sort((a, b) => (state.down ? order(b, a) : order(a, b)) || a.index - b.index);
    if (state.open && !matching.includes(state.open)) state.open = null;
  };

  // ---- the link
  const CAP = 200;
  const whole = (words) => words.slice(0, CAP).toWellFormed?.() ?? words.slice(0, CAP);
  const address = () => {
    const parts = [];
    const add = (name, value) => parts.push(`${name}=${encodeURIComponent(whole(String(value)))}`);
    if (state.open) add("q", state.open.id);
    if (state.open && state.sample) add("s", state.sample);
    if (state.filter) add("f", state.filter);
    if (state.cause) add("c", state.cause);
    if (budget.at !== null && budget.at !== budget.headline) add("b", budget.at);
    if (state.sort !== data.order || state.down) add("o", (state.down ? "-" : "") + state.sort);
    if (state.search) add("t", state.search);
    if (state.starred) add("x", 1);
    if (formulas.isOn) add("m", 1);
    for (const id of [...state.stars].slice(0, CAP)) add("star", id);
    for (const [id, note] of [...state.notes].slice(0, CAP)) {
      parts.push(`note=${encodeURIComponent(whole(id))}~${encodeURIComponent(whole(note))}`);
    }
    history.replaceState(null, "", `#${parts.join("&")}`);
  };
  const known = (id) => groups.find((group) => whole(group.id) === id);
  const marked = (wanted) => {
    for (const id of wanted.getAll("star")) if (known(id)) state.stars.add(known(id).id);
    for (const note of wanted.getAll("note")) {
      const at = note.indexOf("~");
      if (at > 0 && known(note.slice(0, at))) state.notes.set(known(note.slice(0, at)).id, note.slice(at + 1));
    }
  };
  const follow = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (!["q", "f", "b", "c", "o", "t", "m", "star", "note"].some((name) => wanted.has(name))) return false;
    marked(wanted);
    if (budget.at !== null) budget.set(wanted.get("b") ?? budget.headline);
    state.search = $("search").value = wanted.get("t") ?? "";
    state.filter = Object.hasOwn(rules, wanted.get("f")) ? wanted.get("f") : "";
    state.cause = CAUSES.includes(wanted.get("c")) ? wanted.get("c") : "";
    state.starred = wanted.has("x") && state.stars.size > 0;
    formulas.isOn = wanted.has("m");
    const order = (wanted.get("o") ?? data.order).replace(/^-/, "");
    state.sort = Object.hasOwn(orders, order) ? order : data.order;
    state.down = (wanted.get("o") ?? "").startsWith("-");
    state.open = known(wanted.get("q")) ?? null;
    const sample = Number(wanted.get("s") ?? 0);
    state.sample = state.open?.rows.some((row) => row[1] === sample) ? sample : 0;
    if (state.open && state.filter && !rules[state.filter](state.open, data)) state.filter = "";
    refresh();
    const at = matching.indexOf(state.open);
    while (at >= state.shown) state.shown += PAGE;
    draw(at >= 0);
    (at >= 0 ? $("list").children[at] : $("questions")).scrollIntoView({ block: "start" });
    return true;
  };

  // ---- what is seen
  const changed = (redraw) => {
    if (redraw) { select(); draw(false); }
    address();
  };
  const item = (group) => {
    const entry = make("li"), isOpen = group === state.open;
    const button = closed(group, isOpen, state.stars.has(group.id));
    button.addEventListener("click", () => { open(isOpen ? null : group); draw(true); });
    entry.append(button);
    if (isOpen) entry.append(detail(group, data, state, changed));
    return entry;
  };
  const open = (group) => { state.open = group; state.sample = group?.rows[0][1] ?? 0; };
  const counts = () => {
    for (const button of document.querySelectorAll("#filters [data-filter]")) {
      const n = groups.filter((group) => rules[button.dataset.filter](group, data)).length;
      const shown = button.querySelector("data");
      shown.value = String(n);
      shown.textContent = n.toLocaleString("en");
    }
  };
  const heads = () => {
    $("sort").value = state.sort;
    for (const head of document.querySelectorAll("#heads button")) {
      const isOrder = head.dataset.sort === state.sort;
      head.dataset.order = isOrder ? (state.down ? "down" : "up") : "";
      head.setAttribute("aria-pressed", String(isOrder));
    }
  };
  // What was searched for, marked without a node of its own.
  const highlight = () => {
    if (!CSS.highlights) return;
    const needle = state.search.toLowerCase(), ranges = [];
    const walk = document.createTreeWalker($("list"), NodeFilter.SHOW_TEXT);
    while (needle && walk.nextNode()) {
      const node = walk.currentNode, words = node.data.toLowerCase();
      if (words.length !== node.data.length || node.parentElement.closest(".actions, .caption")) continue;
      for (let at = words.indexOf(needle); at >= 0; at = words.indexOf(needle, at + needle.length)) {
        ranges.push(new StaticRange({ startContainer: node, startOffset: at, endContainer: node, endOffset: at + needle.length }));
      }
    }
    CSS.highlights.set("searched", new Highlight(...ranges));
  };
  const draw = (focus) => {
    $("shown").textContent = say("shown", { n: state.count.toLocaleString("en") });
    for (const button of document.querySelectorAll("#filters [data-filter]")) {
      button.setAttribute("aria-pressed", String(button.dataset.filter === state.filter));
    }
    $("starred").hidden = !state.stars.size;
    $("starred").setAttribute("aria-pressed", String(state.starred));
    $("cause").value = state.cause;
    $("formulas").setAttribute("aria-pressed", String(formulas.isOn));
    heads();
    const list = $("list");
    list.replaceChildren(...matching.slice(0, state.shown).map(item));
    if (!matching.length) list.append(make("li", "nothing", say("nothing")));
    $("more").hidden = matching.length <= state.shown;
    highlight();
    if (!focus) return;
    address();
    const at = matching.indexOf(state.open);
    if (at >= 0) list.children[at].firstChild.focus({ preventScroll: true });
    if (at >= 0) list.children[at].scrollIntoView({ block: "nearest" });
  };
  const refresh = (focus = false) => { state.shown = PAGE; select(); draw(focus); };
  const choose = (filter) => { state.filter = filter === state.filter ? "" : filter; state.open = null; refresh(); address(); };
  const order = (sort) => { state.down = sort === state.sort && !state.down; state.sort = sort; refresh(); address(); };
  const step = (by) => {
    if (!matching.length) return;
    const at = matching.indexOf(state.open);
    const next = Math.min(Math.max(at < 0 ? 0 : at + by, 0), matching.length - 1);
    open(matching[next]);
    while (state.shown <= next) state.shown += PAGE;
    draw(true);
  };

  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    if (event.key === "Escape") {
      if (/^(INPUT|SELECT)$/.test(document.activeElement.tagName)) document.activeElement.blur();
      else if (state.open) { state.open = null; draw(false); address(); }
      return;
    }
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName) && document.activeElement.type !== "range") return;
    const buttons = document.querySelectorAll("#filters [data-filter]");
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "s" && state.open) document.querySelector(".star").click();
    else if (event.key === "m") $("formulas").click();
    else if (event.key === "/") { event.preventDefault(); $("search").focus(); }
    else if (event.key === "?") $("help").showModal();
    else if (/^[1-9]$/.test(event.key) && buttons[event.key - 1]) buttons[event.key - 1].click();
  };

  const controls = () => {
    $("sort").addEventListener("change", (event) => { state.down = false; state.sort = event.target.value; refresh(); address(); });
    $("cause").addEventListener("change", (event) => { state.cause = event.target.value; refresh(); address(); });
    $("starred").addEventListener("click", () => { state.starred = !state.starred; refresh(); address(); });
    $("formulas").addEventListener("click", () => { formulas.isOn = !formulas.isOn; draw(false); address(); });
    let timer = 0;
    $("search").addEventListener("input", (event) => {
      clearTimeout(timer);
      timer = setTimeout(() => { state.search = event.target.value; state.open = null; refresh(); address(); }, 120);
    });
    for (const button of document.querySelectorAll("#filters [data-filter]")) {
      button.addEventListener("click", () => choose(button.dataset.filter));
    }
    for (const head of document.querySelectorAll("#heads button")) {
      head.addEventListener("click", () => order(head.dataset.sort));
    }
    for (const button of document.querySelectorAll("[data-download]")) {
      button.addEventListener("click", () => download(button.dataset.download, matching, state));
    }
    $("more").addEventListener("click", () => { state.shown += PAGE; draw(false); });
    $("keys").addEventListener("click", () => $("help").showModal());
    $("close").addEventListener("click", () => $("help").close());
    $("stored")?.addEventListener("change", (event) => { data.mark = Number(event.target.value); draw(false); });
    budget.listen(() => { counts(); select(state.open); draw(false); address(); });
    addEventListener("keydown", keys);
    addEventListener("hashchange", follow);
  };

  const start = async () => {
    if (!$("pairs")) return budget.ready;
    data = JSON.parse(await unpack("pairs"));
    await budget.ready;
    if (!$("budget")) budget.at = null; // the figure alone knows every budget
    data.mark = data.headline;
    data.order = state.sort = $("sort").value;
    answers.use(data);
    const of = new Map();
    for (const row of data.rows) of.set(row[0], [...(of.get(row[0]) ?? []), row]);
    groups = [...of].map(([id, all], index) => ({ id, rows: all, index }));
    for (const budgets of data.budgets.entries()) $("stored")?.append(new Option(budgets[1].toLocaleString("en"), budgets[0]));
    if ($("stored")) $("stored").value = String(data.mark);
    controls();
    $("fallback").remove();
    $("explorer").hidden = false;
    if (!follow()) { state.filter = "broken"; refresh(); }
  };
  const root = document.documentElement;
  start().then(() => { root.dataset.ready = "true"; }, () => { root.dataset.ready = "failed"; });
})();
