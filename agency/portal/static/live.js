// Keeps an open page true: asks every ten seconds, while it is looked at, whether anything has changed, and then takes
// over what changed. Nothing moves under the pointer: rows change in place, rows that went are marked, new ones wait.
const one = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

const EVERY = 10_000, SLOWEST = 60_000, TOO_LONG = 15_000; // milliseconds
const state = one("[data-live-state]");
const word = (name) => state.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`];
let since = state?.dataset.since, wait = EVERY, readAt = new Date(), timer, asking = false, ended = false;

// --- Morphing: the old element learns what the new one says, and keeps what the person has done to it.

const isRow = "[data-row][id]";

function typedInto(form) {
  if (one("[data-row]", form)) return false; // a list to choose from, not a form to fill in
  return [...form.elements].some((field) => {
    if (field.type === "hidden" || field.matches("button, fieldset, output")) return false;
    if (field === document.activeElement) return true;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected && option.index);
    return field.value !== field.defaultValue;
  });
}

const isHeld = (old) => old.matches("[data-keep], dialog[open], :popover-open") || (old.matches("form") && typedInto(old));

function takeAttributes(old, fresh) {
  const kept = (name) => name === "data-htmx-powered" || (name === "open" && old.matches("details, dialog"));
  const chosen = old.classList.contains("on");
  for (const { name } of [...old.attributes]) if (!kept(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) {
    const busy = name === "value" && old === document.activeElement;
    if (!kept(name) && !busy && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (chosen) old.classList.add("on");
}

const alike = (old, fresh) => old.nodeName === fresh.nodeName && (old.id ?? "") === (fresh.id ?? "");

function put(parent, node, before) {
  if (node.isConnected && parent.moveBefore) parent.moveBefore(node, before); // keeps focus
  else parent.insertBefore(node, before);
}

function takeChildren(old, fresh) {
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    let match = next.id ? [...old.children].find((child) => child.id === next.id && child.nodeName === next.nodeName) : at;
    while (!next.id && match && !alike(match, next)) match = match.nextSibling;
    if (!match) {
      old.insertBefore(document.importNode(next, true), at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else put(old, match, at);
    morph(match, next);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
  } else if (!isHeld(old)) {
    takeAttributes(old, fresh);
    takeChildren(old, fresh);
  }
}

// --- Lists

function markGone(row) {
  if ("gone" in row.dataset) return;
  row.dataset.gone = "";
  for (const box of all("input[type=checkbox]", row)) {
    if (box.checked) box.click(); // whoever counts the chosen rows hears of it
    box.disabled = true;
  }
  const note = document.createElement("small");
  note.className = "gone-note";
  note.textContent = word("gone");
  (one(".col-item", row) ?? row.firstElementChild).append(note);
}

// A row that a newer one has pushed to the next page has not gone.
function gone(rows, fresh, come, hasMore) {
  const missing = rows.filter((row) => !fresh.has(row.id));
  const pushed = hasMore ? Math.min(come, missing.length) : 0;
  const last = new Set(rows.slice(rows.length - pushed));
  return missing.filter((row) => !last.has(row));
}

const waiting = new WeakMap(); // pill -> the list and what it will be

function offer(part, fresh, count) {
  let pill = part.previousElementSibling?.matches("[data-pill]") ? part.previousElementSibling : null;
  const come = all(isRow, fresh).map((row) => row.id), here = all(`${isRow}:not([data-gone])`, part).map((row) => row.id);
  const stay = new Set(come.filter((id) => here.includes(id)));
  const resorted = come.filter((id) => stay.has(id)).join() !== here.filter((id) => stay.has(id)).join();
  if (!count && !resorted) {
    pill?.remove();
    return;
  }
  if (!pill) {
    pill = document.createElement("div");
    pill.dataset.pill = "";
    pill.className = "pill";
    pill.setAttribute("role", "status");
    pill.append(Object.assign(document.createElement("button"), { type: "button", className: "btn" }));
    part.before(pill);
  }
  const text = count > 1 ? word("many").replace("0", count) : count ? word("single") : word("resorted");
  if (pill.firstChild.textContent !== text) pill.firstChild.textContent = text;
  waiting.set(pill, [part, fresh]);
}

document.addEventListener("click", (event) => {
  const pill = event.target.closest?.("[data-pill]");
  if (!pill) return;
  const [part, fresh] = waiting.get(pill);
  const before = new Set(all(isRow, part).map((row) => row.id));
  morph(part, fresh);
  const first = all(isRow, part).find((row) => !before.has(row.id)) ?? one(isRow, part);
  one("a[href], button", first ?? part)?.focus({ preventScroll: true });
  pill.remove();
});

// A row that has gone does nothing any more; its links still lead somewhere.
for (const kind of ["click", "submit"]) {
  document.addEventListener(kind, (event) => {
    if (event.target.closest?.("[data-gone] :is(form, button)")) event.preventDefault();
  }, true);
}

function update(part, fresh, hasMore) {
  const rows = all(isRow, part), next = new Map(all(isRow, fresh).map((row) => [row.id, row]));
  if (!rows.length && !next.size) {
    morph(part, fresh);
    return;
  }
  const here = new Set(rows.map((row) => row.id));
  const come = [...next.keys()].filter((id) => !here.has(id)).length;
  for (const row of rows) if (next.has(row.id)) morph(row, next.get(row.id));
  gone(rows, next, come, hasMore).forEach(markGone);
  for (const other of all("[id]:not([data-row])", part)) { // headings and sums between the rows
    const found = one(`#${CSS.escape(other.id)}`, fresh);
    if (found && !other.closest("[data-row]") && !one("[data-row]", other)) morph(other, found);
  }
  offer(part, fresh, come);
}

// --- Asking

const asked = () => ({
  headers: { "X-Live": "1" }, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(TOO_LONG),
});

function takeCounts(counts) {
  for (const place of all("[data-count]")) {
    const count = counts[place.dataset.count];
    if (count === undefined) continue;
    place.textContent = count.toLocaleString(document.documentElement.lang);
    place.hidden = !count;
  }
}

async function readAgain() {
  if (!one("main [data-live]")) return;
  const answer = await fetch(location.pathname + location.search, asked());
  if (answer.type === "opaqueredirect") return; // the next question finds out why
  if (answer.status >= 500) throw new Error("the page could not be read");
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of all("[data-live][id]")) {
    const found = fresh.getElementById(part.id);
    if (found) update(part, found, one("a[rel=next]", fresh) !== null);
  }
  document.dispatchEvent(new CustomEvent("live:read"));
}

function show(kind) {
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: state.dataset.zone });
  const text = word(kind).replace("00:00", clock.format(readAt));
  state.hidden = false;
  state.dataset.is = kind;
  const place = one("[data-live-text]", state);
  if (place.textContent !== text) place.textContent = text;
}

function say(text) {
  const place = one("[data-say]");
  if (place) place.textContent = text;
}

function end() {
  ended = true;
  show("out");
  one("a", state).hidden = false;
  say(word("out"));
}

async function ask() {
  clearTimeout(timer);
  if (document.hidden || ended || asking) return;
  asking = true;
  try {
    const answer = await fetch(`${state.dataset.liveState}?since=${encodeURIComponent(since)}`, asked());
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return end();
    if (answer.status === 200) {
      const news = await answer.json();
      await readAgain();
      takeCounts(news.counts ?? {});
      since = news.since;
    } else if (answer.status !== 204) throw new Error("no answer");
    readAt = new Date();
    wait = EVERY;
    show("live");
  } catch {
    if (state.dataset.is !== "offline") say(word("offline").replace("00:00", ""));
    wait = Math.min(wait * 2, SLOWEST);
    show("offline");
  } finally {
    asking = false;
    if (!ended) timer = setTimeout(ask, wait);
  }
}

if (state) {
  show("live");
  timer = setTimeout(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
  addEventListener("online", ask);
  addEventListener("pageshow", (event) => event.persisted && ask());
}
