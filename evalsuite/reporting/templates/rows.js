"use strict";
// Rows of the question browser: one a question, open or closed, and all of them as a file.
(() => {
  const { make, save, copy, cell, budget, answers } = evalsuite;
  const { say, flat, visible, reading, isCut, panel, asked, markdown, place } = answers;
  const { TEXT, STRICT, FLEXIBLE, ANSWER, READ, TOKENS } = place;
  const sides = [4, 5];
  const PREVIEW = 160;

  // ---- what a question is at the budget of the page
  const right = (group, side) => group.rows.filter((row) => reading(row[side])[STRICT]).length;
  const anySide = (group, holds) => group.rows.some((row) => sides.some((side) => holds(row[side])));
  const unread = (side) => reading(side)[ANSWER] === null;
  const rules = {
    broken: (g) => right(g, 4) > right(g, 5),
    fixed: (g) => right(g, 5) > right(g, 4),
    "both-wrong": (g) => !right(g, 4) && !right(g, 5),
    "both-right": (g) => right(g, 4) === g.rows.length && right(g, 5) === g.rows.length,
    cut: (g) => anySide(g, isCut),
    "no-answer": (g, data) => !data.unread && anySide(g, unread),
    graders: (g) => anySide(g, (side) => reading(side)[STRICT] !== reading(side)[FLEXIBLE]),
  };
  const causeOf = (row) => {
    const [base, trained] = sides.map((side) => reading(row[side]));
    if (base[STRICT] === trained[STRICT]) return null;
    const wrong = base[STRICT] ? 5 : 4;
    return isCut(row[wrong]) ? "finished" : reading(row[wrong])[FLEXIBLE] ? "formatted" : "rest";
  };
  const hasCause = (group, cause) => group.rows.some((row) => causeOf(row) === cause);

  // ---- a row
  const mark = (side) => `${reading(side)[STRICT] ? "✓" : "✗"} ${flat(reading(side)[ANSWER] ?? reading(side)[READ] ?? "–")}`;
  const outcome = (group, side) => {
    if (group.rows.length === 1) {
      const answer = group.rows[0][side];
      return make("span", reading(answer)[STRICT] ? "ok" : "no", mark(answer));
    }
    const dots = make("span", "dots");
    for (const row of group.rows) {
      const isRight = reading(row[side])[STRICT];
      dots.append(make("span", isRight ? "ok" : "no", isRight ? "✓" : "✗"));
    }
    return dots;
  };
  const preview = (row) => (row[2] === null ? `“${flat(row[4][TEXT], PREVIEW)}”` : flat(row[2], PREVIEW));
  const lengths = (row) => {
    if (row[4][TOKENS] === null || row[5][TOKENS] === null) return "";
    return `${row[4][TOKENS].toLocaleString("en")} → ${row[5][TOKENS].toLocaleString("en")}`;
  };
  const closed = (group, isOpen, starred) => {
    const button = make("button", "row"), first = group.rows[0];
    button.type = "button";
    button.setAttribute("aria-expanded", String(isOpen));
    const causes = ["finished", "formatted"].filter((cause) => hasCause(group, cause));
    const id = make("span", "id", flat(first[0]));
    button.append(
      id, outcome(group, 4), outcome(group, 5), make("span", "gold", flat(first[3] ?? "?")),
      make("span", "len", group.rows.length === 1 ? lengths(first) : ""),
      make("span", "ask", `${starred ? "★ " : ""}${preview(first)}`));
    if (causes.length) button.append(make("span", "tag", causes.map((cause) => say(`cause_${cause}`)).join(", ")));
    return button;
  };

  // ---- a question opened
  const action = (label, done, act) => {
    const button = make("button", "quiet", label);
    button.type = "button";
    if (done) button.dataset.done = done;
    button.addEventListener("click", () => act(button));
    return button;
  };
  const actions = (row, state, changed) => {
    const line = make("p", "actions"), starred = state.stars.has(row[0]);
    const star = action(say(starred ? "unstar" : "star"), "", () => {
      if (!state.stars.delete(row[0])) state.stars.add(row[0]);
      changed(true);
    });
    star.className = "quiet star";
    star.setAttribute("aria-pressed", String(starred));
    const note = make("label", "", say("note")), input = make("input");
    input.type = "text";
    input.maxLength = 300;
    input.value = state.notes.get(row[0]) ?? "";
    input.addEventListener("input", () => {
      if (input.value) state.notes.set(row[0], input.value);
      else state.notes.delete(row[0]);
      changed(false);
    });
    note.append(input);
    line.append(
      star,
      action(say("copy_link"), say("copied"), (button) => copy(button, location.href)),
      action(say("copy_markdown"), say("copied"), (button) => copy(button, markdown(row))),
      note);
    return line;
  };
  const samples = (group, state, changed) => {
    const line = make("p", "samples");
    for (const row of group.rows) {
      const shown = action(say("sample", { n: row[1] + 1 }), "", () => { state.sample = row[1]; changed(true); });
      shown.setAttribute("aria-pressed", String(row[1] === state.sample));
      line.append(shown, ` ${sides.map((side) => (reading(row[side])[STRICT] ? "✓" : "✗")).join(" → ")} `);
    }
    return line;
  };
  const detail = (group, data, state, changed) => {
    const row = group.rows.find((r) => r[1] === state.sample) ?? group.rows[0], box = make("div", "pair");
    box.append(row[2] === null ? make("p", "question", say("withheld")) : asked(row[2], false));
    box.append(make("p", "caption", say("gold_is", { a: flat(row[3] ?? "?") })));
    if (group.rows.length > 1) box.append(samples(group, state, changed));
    const both = make("div", "sides");
    both.append(panel(data.names[0], row[4], row[5], "base"), panel(data.names[1], row[5], row[4], "trained"));
    box.append(both, actions(row, state, changed));
    return box;
  };

  // ---- every question that is shown, as a file
  const COLUMNS = ["question_id", "sample", "question", "right_answer", "max_new_tokens"];
  const PARTS = ["text", "right", "answer", "flexible_answer", "tokens"];
  const record = (row, state) => {
    const values = [row[0], row[1], row[2], row[3], budget.at];
    const fields = Object.fromEntries(COLUMNS.map((name, i) => [name, values[i]]));
    for (const [i, name] of [[4, "base"], [5, "trained"]]) {
      const now = reading(row[i]);
      const parts = [row[i][TEXT], Boolean(now[STRICT]), now[ANSWER], now[READ], row[i][TOKENS]];
      PARTS.forEach((part, at) => { fields[`${name}_${part}`] = parts[at]; });
    }
    return { ...fields, starred: state.stars.has(row[0]), note: state.notes.get(row[0]) ?? null };
  };
  const download = (kind, groups, state) => {
    const records = groups.flatMap((group) => group.rows).map((row) => record(row, state));
    if (kind === "jsonl") {
      save("questions.jsonl", "application/x-ndjson", records.map((r) => `${JSON.stringify(r)}\n`).join(""));
      return;
    }
    const text = (value) => (value === null ? "" : cell(visible(String(value)).toWellFormed()));
    const lines = records.map((r) => Object.values(r).map(text).join(","));
    save("questions.csv", "text/csv", [Object.keys(records[0] ?? {}).join(","), ...lines].join("\r\n"));
  };

  evalsuite.rows = { rules, hasCause, right, closed, detail, download };
})();
