"use strict";
(function () {
  const form = document.getElementById("filter");
  const fields = ["text", "group", "level", "verdict"].map((name) => document.getElementById("f-" + name));
  const [text, group, level, verdict] = fields;
  const count = document.getElementById("f-count");
  const rows = [...document.querySelectorAll("#requirement-table tbody tr")].map((row) => ({
    row: row, data: row.dataset, words: row.textContent.toLowerCase(),
  }));

  function is_wanted(entry, words) {
    return (!group.value || entry.data.group === group.value)
      && (!level.value || entry.data.level === level.value)
      && (!verdict.value || entry.data.verdict === verdict.value
        || (verdict.value === "against" && "against" in entry.data))
      && words.every((word) => entry.words.includes(word));
  }

  function show() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of rows) {
      const wanted = is_wanted(entry, words);
      entry.row.hidden = !wanted;
      shown += wanted;
    }
    count.textContent = shown === rows.length ? rows.length + " requirements"
      : shown + " of " + rows.length + " requirements";
  }

  function clear() {
    for (const field of fields) {
      field.value = "";
    }
    show();
  }

  form.hidden = false;
  document.getElementById("f-clear").addEventListener("click", clear);
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of document.querySelectorAll("button[data-group]")) {
    button.addEventListener("click", () => {
      clear();
      group.value = button.dataset.group;
      show();
      document.getElementById("requirements").scrollIntoView();
      group.focus({preventScroll: true});
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select")) {
      event.preventDefault();
      text.focus();
    } else if (event.key === "Escape" && form.contains(event.target)) {
      clear();
    }
  });
  // A link to a row that is filtered away shows it.
  window.addEventListener("hashchange", () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (row && row.hidden) {
      clear();
      row.scrollIntoView();
    }
  });
  show();
})();
