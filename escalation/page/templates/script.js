"use strict";
// Everything here is an addition: without it the page is complete.
const root = document.documentElement;
const made = (name, facts, ...children) => {
  const node = Object.assign(document.createElement(name), facts);
  node.append(...children);
  return node;
};
const wide = matchMedia("(min-width: 72rem)");
const contents = document.querySelector("#contents details");

if (contents) {
  contents.open = wide.matches;
  wide.addEventListener("change", () => { contents.open = wide.matches; });
  contents.addEventListener("click", (event) => { if (event.target.closest("a") && !wide.matches) contents.open = false; });
  const links = new Map([...contents.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const here = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) entry.isIntersecting ? here.add(entry.target) : here.delete(entry.target);
    const first = [...document.querySelectorAll("main section")].find((section) => here.has(section));
    for (const [id, link] of links) first && id === first.id ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  }, { rootMargin: "-15% 0px -70% 0px" });
  document.querySelectorAll("main section").forEach((section) => watcher.observe(section));
}

// A link into something folded opens it.
const reveal = () => {
  let target = null;
  try { target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
  for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const whole = target && target.parentElement && target.parentElement.id === "everything" && target.querySelector("details");
  if (whole) whole.open = true;
  if (target && target.closest("details, #everything")) target.scrollIntoView();
};
addEventListener("hashchange", reveal);
reveal();
addEventListener("beforeprint", () => document.querySelectorAll("details.more").forEach((fold) => { fold.open = true; }));

// Escape puts a tooltip away; it comes back with the next hover or focus.
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll(".ev").forEach((evidence) => {
    evidence.classList.add("shut");
    const back = () => evidence.classList.remove("shut");
    evidence.addEventListener("mouseleave", back, { once: true });
    evidence.addEventListener("focusout", back, { once: true });
  });
});

// Tables: a click on a heading sorts, a field filters the long ones.
const number = (text) => { const found = text.replaceAll(",", "").match(/^[<>≤≥~ ]*([-+−]?\d+(\.\d+)?)/); return found ? Number(found[1].replace("−", "-")) : NaN; };
const cellText = (row, column) => row.cells[column].textContent.trim();
document.querySelectorAll("table.data").forEach((table) => {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  if (rows.length < 3) return;
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = made("button", { type: "button" }, ...heading.childNodes);
    heading.append(button);
    const numeric = rows.every((row) => cellText(row, column) === "–" || !Number.isNaN(number(cellText(row, column)))) && !rows.some((row) => /^\d{4}-\d\d/.test(cellText(row, column)));
    button.addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      [...table.tHead.rows[0].cells].forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => { const text = cellText(row, column); return text === "–" ? null : numeric ? number(text) : text; };
      const sorted = [...rows].sort((one, other) => {
        const a = key(one), b = key(other);
        if (a === null || b === null) return (a === null) - (b === null);
        const order = numeric ? a - b : a.localeCompare(b, "en", { numeric: true });
        return up ? order : -order;
      });
      body.append(...sorted);
    });
  });
  if (rows.length < 12) return;
  const field = made("input", { type: "search" });
  const count = made("output");
  const label = made("label", { className: "filter" }, "Filter these rows ", field, " ", count);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    let left = 0;
    for (const row of rows) { row.hidden = !row.textContent.toLowerCase().includes(wanted); left += !row.hidden; }
    count.textContent = wanted ? `${left} of ${rows.length}` : "";
  });
  table.closest(".scroll").before(label);
});

// Light or dark: the system's choice, or the reader's for this visit.
const dark = matchMedia("(prefers-color-scheme: dark)");
const lamp = made("button", { type: "button", className: "lamp" });
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
const tell = () => { lamp.textContent = isDark() ? "Light page" : "Dark page"; };
lamp.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; tell(); });
dark.addEventListener("change", tell);
tell();
document.querySelector("footer").append(lamp);
