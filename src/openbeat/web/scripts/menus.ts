// Menus are <details>: here they close on Escape, on a press outside, and when the focus leaves.
import { on } from "./dom.js";

function openMenus(): HTMLDetailsElement[] {
  return [...document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")];
}

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target as Node)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

on("focusout", "details[data-menu]", (menu, event) => {
  const next = event.relatedTarget;
  if (next instanceof Node && !menu.contains(next)) (menu as HTMLDetailsElement).open = false;
});
