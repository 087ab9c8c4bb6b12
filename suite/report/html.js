// Fills the table of cases from the JSON in the page. Text reaches the page as text nodes only.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const STEP = 100; // rows added at once
  const SHORT = 1200; // characters of a text before "show all"
  const TONES = { broke: "is-bad", "new failure": "is-bad", "no verdict": "is-bad", failed: "is-bad",
    fixed: "is-good", passed: "is-good", "known failure": "is-quiet" };

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const several = new Set(data.rows.map((row) => row.model)).size > 1;
  const startOf = (text) => (typeof text === "string" ? text : text ? text.start : "");
  const caseOf = (row) => data.cases[row.task + " " + row.id] || { tags: [], prompt: "" };

  // --- filters
  const filters = { model: (row) => [row.model], verdict: (row) => [row.verdict],
    reason: (row) => (row.reason ? [row.reason] : []), tag: (row) => caseOf(row).tags };
  const haystacks = new Map();
  const haystack = (row) => {
    if (!haystacks.has(row)) {
      const parts = [row.id, caseOf(row).prompt, row.text, row.detail, row.message, row.golden];
      haystacks.set(row, parts.map(startOf).join("\n").toLowerCase());
    }
    return haystacks.get(row);
  };
  for (const name of Object.keys(filters)) {
    const counts = new Map();
    for (const row of data.rows) {
      for (const value of filters[name](row)) counts.set(value, (counts.get(value) || 0) + 1);
    }
    const select = find("f-" + name);
    const all = make("option", "", "all");
    all.value = "";
    select.append(all);
    for (const [value, count] of [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))) {
      const option = make("option", "", `${value} (${count})`);
      option.value = value;
      select.append(option);
    }
    if (counts.size < (name === "tag" ? 1 : 2)) select.parentElement.hidden = true;
    select.addEventListener("change", () => show());
  }

  // --- rows
  const addText = (parent, title, text) => {
    if (!text) return;
    const figure = parent.appendChild(make("figure"));
    figure.append(make("figcaption", "", title));
    const whole = startOf(text);
    const pre = figure.appendChild(make("pre", "", whole.slice(0, SHORT)));
    pre.dir = "auto";
    const total = typeof text === "string" ? whole.length : text.length;
    const rest = `The page holds ${whole.length} of ${total} characters; all are in samples.jsonl.`;
    if (whole.length > SHORT) {
      pre.append(make("span", "cut", "…"));
      const button = figure.appendChild(make("button", "", `Show all ${whole.length} characters`));
      button.type = "button";
      button.addEventListener("click", () => {
        pre.textContent = whole;
        button.remove();
        if (total > whole.length) figure.append(make("p", "quiet", rest));
      });
    } else if (total > whole.length) figure.append(make("p", "quiet", rest));
  };
  const makeDetail = (row, columns) => {
    const line = make("tr", "detail");
    const cell = line.appendChild(make("td"));
    cell.colSpan = columns;
    const facts = [];
    if (row.message) facts.push(startOf(row.message));
    if (row.answer) facts.push(`${row.answer} from the golden`);
    if (row.finish) facts.push(`${row.prompt_tokens} prompt and ${row.tokens} completion tokens, ${row.finish}`);
    if (row.judge) facts.push(row.judge);
    if (row.seconds) facts.push(`${row.seconds} s`);
    if (row.margin !== null && row.margin !== undefined) facts.push(`smallest margin ${row.margin}`);
    cell.append(make("p", "", facts.join(" · ")));
    if (row.detail) cell.append(make("p", "quiet", startOf(row.detail).slice(0, SHORT)));
    const tags = caseOf(row).tags;
    if (tags.length) {
      const list = cell.appendChild(make("p"));
      for (const tag of tags) list.append(make("span", "tag faint", tag), " ");
    }
    const texts = cell.appendChild(make("div", "texts"));
    addText(texts, "prompt", caseOf(row).prompt);
    addText(texts, "accepted", row.golden);
    addText(texts, row.golden ? "now" : "answer", row.text);
    addText(texts, "judge", row.reply);
    return line;
  };
  const makeRow = (row) => {
    const line = make("tr");
    const button = make("button", "link", row.id);
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    let detail = null;
    button.addEventListener("click", () => {
      if (detail) { detail.remove(); detail = null; }
      else { detail = makeDetail(row, line.children.length); line.after(detail); }
      button.setAttribute("aria-expanded", String(detail !== null));
    });
    line.appendChild(make("td")).append(button);
    if (several) line.append(make("td", "model", row.model));
    line.append(make("td", TONES[row.verdict] || "", row.verdict), make("td", "reason", row.reason),
      make("td", "num", row.tokens === undefined ? "" : row.tokens));
    line.appendChild(make("td", "answer")).append(make("div", "", startOf(row.text).slice(0, 200)));
    return line;
  };

  // --- what is shown
  let matching = [];
  let shown = 0;
  const addRows = () => {
    const next = matching.slice(shown, shown + STEP);
    find("rows").append(...next.map(makeRow));
    shown += next.length;
    const left = matching.length - shown;
    find("more").hidden = left === 0;
    find("more").textContent = left > STEP ? `Show ${STEP} more of ${left}` : `Show the other ${left}`;
    const of = matching.length === data.rows.length ? "" : ` that match, of ${data.rows.length}`;
    find("shown").textContent = `${shown} of ${matching.length} rows${of}`;
  };
  const show = () => {
    const words = find("f-text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = Object.keys(filters).map((name) => [filters[name], find("f-" + name).value]);
    matching = data.rows.filter((row) =>
      wanted.every(([values, value]) => !value || values(row).includes(value)) &&
      (!words.length || words.every((word) => haystack(row).includes(word))));
    shown = 0;
    find("rows").replaceChildren();
    addRows();
  };
  let timer = 0;
  find("f-text").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 120); });
  find("filters").addEventListener("submit", (event) => event.preventDefault());
  find("filters").addEventListener("reset", () => setTimeout(show, 0));
  find("more").addEventListener("click", addRows);
  for (const button of document.querySelectorAll("[data-reason]")) {
    button.addEventListener("click", () => {
      find("filters").reset();
      // no verdict has no reason of its own in a row
      const without = button.dataset.reason === "no_verdict";
      find(without ? "f-verdict" : "f-reason").value = without ? "no verdict" : button.dataset.reason;
      show();
      find("cases").scrollIntoView();
    });
  }
  if (!several) find("models").remove();
  find("filters").hidden = find("table").hidden = false;
  show();

  // --- changes
  const flips = [...document.querySelectorAll(".flip")];
  const toggle = (id, act) => {
    const button = find(id);
    if (!button) return;
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      act(on);
    });
  };
  toggle("layout", (on) => find("flips").classList.toggle("stacked", on));
  toggle("unfold", (on) => flips.forEach((flip) => { flip.open = on; }));
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = flips.filter((flip) => !flip.open);
    closed.forEach((flip) => { flip.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((flip) => { flip.open = false; }));
})();
