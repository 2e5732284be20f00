// The list of Today by keyboard and mouse: which row is on, which are chosen, what is done to them.
// Without this file the same checkboxes and buttons work; what is chosen is read from the checkboxes alone.
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const bar = one("[data-bar]");
const rows = () => all("[data-worklist] [data-row]");
const boxes = () => all('[data-worklist] input[name="row"]');
let on = ""; // the id of the row on which the keys act
let anchor = ""; // where a range began

function current() {
  return on && document.getElementById(on);
}

function put(row, focus = true) {
  for (const other of all("[data-worklist] .on")) if (other !== row) other.classList.remove("on");
  if (!row) return;
  on = row.id;
  row.classList.add("on");
  if (!focus) return;
  one(".item a[href]", row)?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const list = rows();
  const at = list.findIndex((row) => row.id === on);
  put(list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + by))]);
}

const box = (row) => row && one('input[name="row"]', row);

function choose(row, range) {
  const mine = box(row);
  if (!mine) return;
  const list = rows();
  const from = list.findIndex((other) => other.id === anchor);
  if (range && from >= 0) {
    const [low, high] = [from, list.indexOf(row)].sort((a, b) => a - b);
    for (const other of list.slice(low, high + 1)) if (box(other)) box(other).checked = true;
  } else {
    mine.checked = !mine.checked;
    anchor = row.id;
  }
  show();
}

// "3 chosen  $143.99": one sum per currency, since currencies are never added.
function show() {
  if (!bar) return;
  const chosen = boxes().filter((field) => field.checked);
  const sums = new Map();
  for (const { dataset } of chosen) {
    if (dataset.currency) sums.set(dataset.currency, (sums.get(dataset.currency) || 0) + Number(dataset.minor));
  }
  const language = document.documentElement.lang || "en";
  bar.classList.toggle("chosen", chosen.length > 0);
  one("[data-count]", bar).textContent = chosen.length || "";
  one("[data-label]", bar).textContent = one("[data-label]", bar).dataset.one;
  one("[data-sums]", bar).textContent = [...sums]
    .map(([currency, sum]) => new Intl.NumberFormat(language, { style: "currency", currency }).format(sum)).join(" + ");
  const every = one("[data-all]");
  if (every) {
    every.checked = chosen.length > 0 && chosen.length === boxes().length;
    every.indeterminate = chosen.length > 0 && !every.checked;
  }
  const say = one("[data-chosen-say]");
  const { one: single, many, none } = say.dataset;
  say.textContent = chosen.length > 1 ? many.replace("{n}", chosen.length) : chosen.length ? single : none;
}

function clear() {
  const open = one("details.pick[open]");
  if (open) {
    open.open = false;
    one("summary", open).focus();
    return true;
  }
  const chosen = boxes().filter((field) => field.checked);
  for (const field of chosen) field.checked = false;
  show();
  return chosen.length > 0;
}

// A key for chosen rows acts on the row that is on when none is chosen.
function ready() {
  if (!bar) return false;
  if (!boxes().some((field) => field.checked)) choose(current(), false);
  return boxes().some((field) => field.checked);
}

function press(key) {
  if (!ready()) return;
  const button = one(`[data-key="${key}"]`, bar);
  if (button) button.click();
  else open(key);
}

function open(name) {
  const pick = one(`details.${name}`, bar);
  if (!pick) return;
  pick.open = true;
  one(".pick-in :is(button, select)", pick)?.focus();
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  x: () => choose(current(), false),
  X: () => choose(current(), true),
  e: () => (one("[data-default]", current() || document.createElement("p")) || one(".item a", current() || document))?.click(),
  h: () => press("hold"),
  z: () => press("snooze"),
  a: () => press("assign"),
};

function switchedOff() {
  try { return localStorage.getItem("keys") === "off"; } catch { return false; }
}

// In the capturing phase: on this page the list answers these keys, and nobody after it.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
  if (event.key === "Escape") {
    if (clear()) event.stopImmediatePropagation();
    return;
  }
  const field = event.target.closest("input, textarea, select, [contenteditable]");
  if (field && field.type !== "checkbox") return;
  const act = keys[event.key];
  if (!act || !one("[data-worklist]")) return;
  event.stopImmediatePropagation();
  if (switchedOff()) return;
  event.preventDefault();
  act();
}, true);

document.addEventListener("click", (event) => {
  const field = event.target.closest('[data-worklist] input[name="row"]');
  if (field) {
    const row = field.closest("[data-row]");
    if (event.shiftKey) {
      field.checked = !field.checked;
      const checked = !field.checked;
      choose(row, true);
      field.checked = checked || field.checked;
    } else anchor = row.id;
    put(row, false);
    show();
  } else if (event.target.closest("[data-clear]")) clear();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) for (const field of boxes()) field.checked = event.target.checked;
  show();
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-worklist] [data-row]");
  if (row) put(row, false);
});

// After the list was refreshed in place: the same row is on, and the bar counts what is still there.
new MutationObserver(() => {
  const row = current();
  if (row && !row.classList.contains("on")) row.classList.add("on");
  show();
}).observe(one("#list") || document.body, { childList: true, subtree: true });

bar?.classList.add("scripted");
for (const hidden of all("[data-all], [data-clear]")) hidden.hidden = false;
show();
