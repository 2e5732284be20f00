// Sets the colour scheme before the first paint; without it the page follows the visitor's system.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* storage is off: the system's scheme stays */ }
document.documentElement.classList.add("js");
