// Find anything: Ctrl K opens it, arrows walk through the answers, Enter goes there. The answers come from /find.
const box = document.querySelector("#palette");
const field = box.querySelector("input");
const found = box.querySelector("#found");
const links = () => [...found.querySelectorAll("a")];

window.htmx?.process(box); // it starts by itself only later, when somebody may have opened the box already

function open() {
  if (document.querySelector("dialog[open]")) return;
  box.showModal();
  field.select();
  field.dispatchEvent(new CustomEvent("palette:open"));
}

function walk(step) {
  const every = [field, ...links()];
  const at = every.indexOf(document.activeElement);
  every[Math.min(every.length - 1, Math.max(0, at + step))].focus();
}

// Answers to something that was typed before are not what Enter is meant for: the form is sent instead.
function goThere(event) {
  const typed = found.querySelector("[data-typed]")?.dataset.typed;
  const [first] = links();
  if (!first || typed !== field.value.trim()) return;
  event.preventDefault();
  first.click();
}

document.addEventListener("click", (event) => {
  if (event.target === box) box.close();
  else if (event.target.closest("[data-palette]") && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open();
  }
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (box.open) box.close();
    else open();
  }
});

box.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    walk(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && event.target === field) goThere(event);
  else if (event.key.length === 1 && event.target !== field && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ") field.focus();
});
