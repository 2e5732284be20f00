// Makes pages that already work quicker: theme, keys, questions before final acts, copying. Delegation only.
const one = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* the choice lasts for this page */ }
}

function say(word) {  // one of the page's own words, in its language
  const place = one("[data-say]");
  if (place) place.textContent = place.dataset[word];
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say("copied");
    button.classList.add("is-ok");
  } catch { say("notCopied"); }
}

// A form with data-ask is sent only after the question was answered; without script it is sent at once.
let asked = null;
function ask(form, button) {
  const box = one("dialog[data-ask-box]");
  one("[data-ask-text]", box).textContent = form.dataset.ask;
  const yes = one("[data-ask-yes]", box);
  yes.textContent = form.dataset.askVerb || button?.textContent.trim() || yes.textContent;
  asked = { form, button };
  box.showModal();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.ask && !form.dataset.askDone) {
    event.preventDefault();
    ask(form, event.submitter);
    return;
  }
  if (form.method === "get") {
    for (const field of all("input, select", form)) if (!field.value) field.disabled = true;
  }
});

// A menu closes as people expect: by a click elsewhere, and by Esc with the focus back on its button.
document.addEventListener("click", (event) => {
  for (const menu of all("details.pick[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && one("details.pick[open]");
  if (!menu) return;
  menu.open = false;
  one("summary", menu).focus();
});

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-theme-switch], [data-copy], [data-ask-yes], [data-close], [data-open], [data-dismiss]");
  if (!target) return;
  if ("themeSwitch" in target.dataset) switchTheme();
  else if ("dismiss" in target.dataset) {
    target.closest("[data-toasts]").replaceChildren();
    one("#main").focus({ preventScroll: true });
  } else if ("copy" in target.dataset) copy(target);
  else if ("open" in target.dataset) one(target.dataset.open).showModal();
  else {
    target.closest("dialog").close();
    if ("askYes" in target.dataset && asked) {
      asked.form.dataset.askDone = "1";
      asked.form.requestSubmit(asked.button || undefined);
    }
  }
});

// The message about the last act floats until somebody closes it; said anew, so that a screen reader hears it. The word
// in the address that brought it goes, so that a reload does not repeat it.
const toasts = one("[data-toasts]");
if (toasts) {
  const message = toasts.firstElementChild;
  message.remove();
  setTimeout(() => toasts.append(message), 100);
  const address = new URL(location.href);
  for (const name of ["done", "undo"]) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-send-on-change]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-keys-switch]")) {
    try { localStorage.setItem("keys", event.target.checked ? "on" : "off"); } catch { /* holds for this page only */ }
  }
});

// Keys: off inside fields, with a modifier held, or while a dialog is open.
function move(step) {
  const rows = all("[data-row]");
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("on"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  rows[at]?.classList.remove("on");
  next.classList.add("on");
  const link = one("a[href]", next);
  link?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  e: () => one("[data-row].on .btn")?.click(),
  "/": () => one("[data-search]")?.focus(),
  "?": () => one("#keys")?.showModal(),
};

// Who dictates or leans on a key can switch them off in the list of shortcuts (WCAG 2.1.4); it holds in this browser.
function switchedOff() {
  try { return localStorage.getItem("keys") === "off"; } catch { return false; }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]") || switchedOff()) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

one("[data-errors]")?.focus();

const keySwitch = one("[data-keys-switch]");
if (keySwitch) keySwitch.checked = !switchedOff();
