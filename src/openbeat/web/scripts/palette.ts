// Ctrl-K: go anywhere, do anything. Without a script the same button is a link to the search page.
import { on, typing } from "./dom.js";

function parts(): { dialog: HTMLDialogElement; input: HTMLInputElement; options: HTMLElement[] } | null {
  const dialog = document.getElementById("palette");
  const input = dialog?.querySelector("input");
  if (!(dialog instanceof HTMLDialogElement) || !input) return null;
  return { dialog, input, options: [...dialog.querySelectorAll<HTMLElement>("[role=option]")] };
}

function open(): void {
  const found = parts();
  if (!found || found.dialog.open) return;
  found.input.value = "";
  found.dialog.showModal();
  filter();
}

/** Every word typed must begin a word of the command. */
function fits(option: HTMLElement, asked: string): boolean {
  const known = (option.dataset["words"] ?? "").toLocaleLowerCase().split(/[\s/·-]+/);
  return asked.split(/\s+/).every((word) => known.some((each) => each.startsWith(word)));
}

function filter(): void {
  const found = parts();
  if (!found) return;
  const asked = found.input.value.trim().toLocaleLowerCase();
  for (const option of found.options) {
    const search = option.dataset["search"] !== undefined;
    option.hidden = search ? asked === "" : !fits(option, asked);
    if (search) option.querySelector("[data-asked]")!.textContent = found.input.value.trim();
  }
  select(found.options.find((option) => !option.hidden) ?? null);
}

function select(chosen: HTMLElement | null): void {
  const found = parts();
  for (const option of found?.options ?? []) option.setAttribute("aria-selected", String(option === chosen));
  if (chosen) found?.input.setAttribute("aria-activedescendant", chosen.id);
  else found?.input.removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
}

function step(by: number): void {
  const shown = parts()?.options.filter((option) => !option.hidden) ?? [];
  const now = shown.findIndex((option) => option.getAttribute("aria-selected") === "true");
  select(shown[(now + by + shown.length) % shown.length] ?? null);
}

function go(option: HTMLElement | null): void {
  const asked = parts()?.input.value.trim() ?? "";
  if (!option) return;
  const search = option.dataset["search"];
  location.assign(search ? `${search}?q=${encodeURIComponent(asked)}` : (option.dataset["url"] ?? "/"));
}

on("input", "#palette input", filter);
on("click", "#palette [role=option]", (option) => go(option));
on("click", "[data-palette]", (_link, event) => {
  if (event.ctrlKey || event.metaKey || !parts()) return;
  event.preventDefault();
  open();
});
on("keydown", "#palette input", (_input, event) => {
  const step_by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step_by) {
    event.preventDefault();
    step(step_by);
  } else if (event.key === "Enter") {
    event.preventDefault();
    go(document.querySelector<HTMLElement>("#palette [aria-selected=true]"));
  }
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open();
  } else if (event.key === "?" && !typing(event)) {
    const keys = document.getElementById("keys");
    if (keys instanceof HTMLDialogElement && !keys.open) keys.showModal();
  } else if (event.key === "/" && !typing(event)) {
    const first = document.querySelector<HTMLElement>(".filters input:not([type=hidden]), .filters select");
    if (first) {
      event.preventDefault();
      first.focus();
    }
  }
});
