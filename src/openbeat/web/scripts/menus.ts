// Menus are <details>: here they close on Escape, on a press outside, and when the focus leaves.
import { on, ready } from "./dom.js";

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

// A list that would run past the window's edge opens towards the other side.
document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLDetailsElement) || !menu.matches(".picker[open]")) return;
    const wide = menu.querySelector<HTMLElement>(".panel")?.offsetWidth ?? 0;
    const room = document.documentElement.clientWidth - menu.getBoundingClientRect().left;
    menu.classList.toggle("at-end", wide > room);
  },
  true,
);

// On a phone the desks and the tabs run past the edge: the one we are at comes into sight.
ready((root) => {
  for (const here of root.querySelectorAll<HTMLElement>(".desks [aria-current], .tabs [aria-current]")) {
    const strip = here.closest<HTMLElement>(".desks, .tabs")!;
    strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
  }
});
