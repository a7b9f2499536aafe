// Rows by keyboard: J and K go down and up, Enter opens. The row's own link carries the focus, so readers hear it.
import { on, typing } from "./dom.js";

function links(): HTMLElement[] {
  const tables = [...document.querySelectorAll<HTMLElement>("[data-rows]")];
  const here = tables.find((table) => table.contains(document.activeElement)) ?? tables[0];
  return here ? [...here.querySelectorAll<HTMLElement>("tbody a.row-link")] : [];
}

document.addEventListener("keydown", (event) => {
  if (
    typing(event) ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.querySelector("dialog[open]")
  )
    return;
  const by = { j: 1, k: -1 }[event.key];
  if (!by) return;
  const all = links();
  const now = all.findIndex((link) => link.closest("tr")?.contains(document.activeElement));
  const next = all[now < 0 ? 0 : Math.min(all.length - 1, Math.max(0, now + by))];
  next?.focus();
  next?.closest("tr")?.scrollIntoView({ block: "nearest" });
});

on("focusin", "[data-rows] tbody tr", (row) => {
  row.parentElement?.querySelector("tr.here")?.classList.remove("here");
  row.classList.add("here");
});

// A press anywhere in a row is a press on its link, unless it selects text or hits something of its own.
on("click", "[data-rows] tbody tr", (row, event) => {
  const target = event.target as Element;
  if (target.closest("a, button, input, label, summary, .tip") || getSelection()?.toString()) return;
  row.querySelector<HTMLElement>("a.row-link")?.click();
});
