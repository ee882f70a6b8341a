"use strict";
// Formulas of an answer as MathML: a small part of LaTeX, built node by node, no attribute from a text.
(() => {
  const LONGEST = 2000, DEEPEST = 24;
  const SIGNS = {
    times: "×", div: "÷", cdot: "·", pm: "±", mp: "∓", le: "≤", leq: "≤", ge: "≥", geq: "≥", lt: "<", gt: ">",
    ne: "≠", neq: "≠", approx: "≈", equiv: "≡", sim: "∼", to: "→", rightarrow: "→", Rightarrow: "⇒", implies: "⟹",
    iff: "⟺", in: "∈", cup: "∪", cap: "∩", subset: "⊂", infty: "∞", ldots: "…", dots: "…", cdots: "⋯", sum: "∑",
    prod: "∏", int: "∫", angle: "∠", circ: "∘", degree: "°", therefore: "∴", mid: "∣", lfloor: "⌊", rfloor: "⌋",
    lceil: "⌈", rceil: "⌉", langle: "⟨", rangle: "⟩", "%": "%", $: "$", "{": "{", "}": "}", "#": "#", "&": "&", _: "_",
  };
  const LETTERS = {
    alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", theta: "θ", lambda: "λ", mu: "μ", pi: "π", rho: "ρ",
    sigma: "σ", tau: "τ", phi: "φ", omega: "ω", Delta: "Δ", Sigma: "Σ", Omega: "Ω",
  };
  const SPACES = new Set([",", ";", ":", "!", " ", "quad", "qquad", "displaystyle", "limits", "left.", "right."]);
  const WORDS = new Set(["text", "textbf", "textit", "textrm", "mathrm", "mathbf", "mathit", "operatorname", "mbox"]);
  const NAMES = new Set(["sin", "cos", "tan", "log", "ln", "exp", "min", "max", "gcd", "lcm", "bmod", "mod"]);
  const TABLES = { pmatrix: "()", bmatrix: "[]", cases: "{ ", matrix: "  ", array: "  " };

  const element = (tag, ...children) => {
    const { namespaceURI } = evalsuite.$("formula").content.firstElementChild;
    const node = document.createElementNS(namespaceURI, tag);
    node.append(...children);
    return node;
  };
  const signed = (sign) => element("mo", sign);

  const own = (table, name) => Object.hasOwn(table, name) ? table[name] : undefined; // not `constructor`

  // ---- LaTeX in pieces: a command, a number, or one character
  const pieces = (text) => text.match(/\\(?:[A-Za-z]+\*?|[\s\S])|\d+(?:[.,]\d+)*|[\s\S]/g) ?? [];
  // An unknown command or a brace that is not closed: the whole formula stays as it was written.
  const fail = (what) => { throw new SyntaxError(what); };

  const reader = (text) => {
    const all = pieces(text);
    let at = 0, depth = 0;
    const skip = () => { while (/^\s+$/.test(all[at] ?? "x")) at += 1; };
    const raw = () => { // a group's text, as \text{...} takes it
      skip();
      if (all[at] !== "{") fail("no group");
      let open = 0, words = "";
      do {
        const piece = all[at++] ?? fail("open group");
        if (piece === "{") open += 1;
        else if (piece === "}") open -= 1;
        else words += piece.replace(/^\\([^A-Za-z])$/, "$1");
      } while (open);
      return words;
    };
    const group = () => { // one argument: a group, or the next thing
      skip();
      if (/^\d./.test(all[at] ?? "")) { // without braces one digit, as TeX has it
        const [digit] = all[at];
        all[at] = all[at].slice(1);
        return element("mn", digit);
      }
      if (all[at] !== "{") return atom();
      at += 1;
      return row((piece) => piece === "}");
    };
    const root = () => {
      skip();
      if (all[at] !== "[") return element("msqrt", group());
      at += 1;
      const degree = row((piece) => piece === "]");
      return element("mroot", group(), degree);
    };
    const table = (name) => {
      const fences = own(TABLES, name) ?? "  ", rows = [[]];
      if (name === "array") raw(); // how its columns stand
      const ends = (piece) => piece === "&" || piece === "\\\\" || piece === "\\end";
      do {
        rows.at(-1).push(element("mtd", row(ends, true)));
        if (all[at - 1] === "\\\\") rows.push([]);
      } while (all[at - 1] !== "\\end");
      raw();
      const body = element("mtable", ...rows.map((cells) => element("mtr", ...cells)));
      return element("mrow", signed(fences[0].trim()), body, signed(fences[1].trim()));
    };
    const command = (name) => {
      if (SPACES.has(name)) return element("mspace");
      if (own(SIGNS, name)) return signed(SIGNS[name]);
      if (own(LETTERS, name)) return element("mi", LETTERS[name]);
      if (NAMES.has(name)) return element("mi", name);
      if (WORDS.has(name)) return element("mtext", evalsuite.answers.visible(raw()));
      if (/^[dt]?frac$/.test(name)) return element("mfrac", group(), group());
      if (name === "binom") return element("mrow", signed("("), element("mfrac", group(), group()), signed(")"));
      if (name === "sqrt") return root();
      if (name === "boxed" || name === "fbox") {
        const box = element("mrow", group());
        box.classList.add("boxed");
        return box;
      }
      if (name === "left" || name === "right") {
        const fence = all[at++] ?? fail("no fence");
        if (fence === ".") return element("mspace");
        return signed(fence.startsWith("\\") ? own(SIGNS, fence.slice(1)) ?? fail(fence) : fence);
      }
      if (name === "overline" || name === "bar") return element("mover", group(), signed("‾"));
      if (name === "begin") return table(raw().replace("*", ""));
      return fail(name);
    };
    const atom = () => {
      skip();
      const piece = all[at++];
      if (piece === undefined || piece === "}") return fail("nothing");
      if (piece === "{") { at -= 1; return group(); }
      if (piece === "\\\\") return element("mspace");
      if (piece.startsWith("\\")) return command(piece.slice(1));
      if (/^\d/.test(piece)) return element("mn", piece);
      if (/^\p{L}/u.test(piece)) return element("mi", piece);
      return signed(piece === "-" ? "−" : evalsuite.answers.visible(piece));
    };
    const scripted = (base) => { // what stands below and above it
      const scripts = {};
      for (skip(); all[at] === "^" || all[at] === "_"; skip()) {
        const kind = all[at++];
        if (scripts[kind]) fail("double script"); // TeX refuses it, too
        scripts[kind] = group();
      }
      const { "^": above, _: below } = scripts;
      if (above && below) return element("msubsup", base, below, above);
      return above ? element("msup", base, above) : below ? element("msub", base, below) : base;
    };
    const row = (ends, isTaken = false) => {
      if (++depth > DEEPEST) fail("too deep");
      const nodes = [];
      for (skip(); !ends(all[at]); skip()) {
        if (all[at] === undefined) fail("open");
        if (/^[\^_]$/.test(all[at])) nodes.push(scripted(element("mrow")));
        else if (!isTaken && all[at] === "&") at += 1;
        else nodes.push(scripted(atom()));
      }
      at += 1;
      depth -= 1;
      return element("mrow", ...nodes);
    };
    return row((piece) => piece === undefined);
  };

  // ---- where formulas stand in a text; a dollar before a price opens none
  const PLACES = /\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|\$\$([\s\S]+?)\$\$|\$(?=[^$\n]*[\\^_=])(?! )([^$\n]{1,200}?)(?<![\s\\])\$(?!\d)|(\\boxed\{(?:[^{}\n]|\{[^{}\n]*\})*\})/g;
  const places = (text) => [...text.matchAll(PLACES)].map((match) => {
    const inside = match.slice(1).find((part) => part !== undefined);
    return { from: match.index, to: match.index + match[0].length, inside, isBlock: /^(\\\[|\$\$)/.test(match[0]) };
  }).filter(({ inside }) => inside.length <= LONGEST);
  const drawn = ({ inside, isBlock }) => {
    try {
      const math = element("math", reader(inside));
      if (isBlock) math.setAttribute("displaystyle", "true"); // its line is the text's own
      return math;
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  };
  const inText = (text) => { // a text with its formulas drawn, for what has no marks of its own
    const parts = [];
    let end = 0;
    for (const place of places(text)) {
      const math = drawn(place);
      if (!math) continue;
      parts.push(evalsuite.answers.visible(text.slice(end, place.from)), math);
      end = place.to;
    }
    return [...parts, evalsuite.answers.visible(text.slice(end))];
  };

  evalsuite.formulas = { isOn: false, places, drawn, inText };
})();
