// A list put in order by dragging its grip, or by keys on the grip: Enter holds, arrows move, Enter puts down.
import { announce, on, words } from "./dom.js";

let before: Element[] = [];

function item(grip: Element): HTMLLIElement {
  return grip.closest("li")!;
}

function label(row: HTMLElement): string {
  return row.dataset["label"] ?? row.querySelector(".content")?.textContent?.trim() ?? "";
}

function place(row: HTMLElement): { place: number; count: number } {
  const rows = [...(row.parentElement?.children ?? [])];
  return { place: rows.indexOf(row) + 1, count: rows.length };
}

function hold(row: HTMLElement): void {
  before = [...row.parentElement!.children];
  row.classList.add("held");
  announce(words("held", { item: label(row) }));
}

function putDown(row: HTMLElement): void {
  row.classList.remove("held");
  renumber(row.parentElement!);
  row.dispatchEvent(new CustomEvent("sorted", { bubbles: true }));
}

/** Each row's number follows its place; the hidden inputs are in the new order already. */
function renumber(list: HTMLElement): void {
  [...list.children].forEach((row, i) => {
    const order = row.querySelector(".order");
    if (order) order.textContent = String(i + 1);
  });
}

/** Changes places with the nearest row that may move: a locked one keeps its place. */
function move(row: HTMLElement, by: number): void {
  const rows = [...row.parentElement!.children] as HTMLElement[];
  const beyond = by < 0 ? rows.slice(0, rows.indexOf(row)).reverse() : rows.slice(rows.indexOf(row) + 1);
  const other = beyond.find((each) => each.dataset["locked"] === undefined);
  if (!other) return;
  const gap = document.createComment("");
  row.replaceWith(gap);
  other.replaceWith(row);
  gap.replaceWith(other);
  announce(words("moved", { item: label(row), ...place(row) }));
  row.querySelector<HTMLElement>(".grip")?.focus();
}

on("keydown", "[data-sortable] .grip", (grip, event) => {
  const row = item(grip);
  const held = row.classList.contains("held");
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    if (held) putDown(row);
    else hold(row);
  } else if (held && by) {
    event.preventDefault();
    move(row, by);
  } else if (held && event.key === "Escape") {
    row.parentElement!.append(...before);
    row.classList.remove("held");
    grip.focus();
    announce(words("gone"));
  }
});

on("pointerdown", "[data-sortable] .grip", (grip, event) => {
  if (event.button !== 0) return;
  const row = item(grip);
  const start = place(row).place;
  event.preventDefault();
  grip.setPointerCapture(event.pointerId);
  row.classList.add("held");
  const drag = (moved: PointerEvent): void => follow(row, moved.clientY);
  const end = (): void => {
    grip.removeEventListener("pointermove", drag);
    row.classList.remove("held");
    if (place(row).place !== start) putDown(row);
  };
  grip.addEventListener("pointermove", drag);
  grip.addEventListener("lostpointercapture", end, { once: true });
});

/** The row goes where the pointer is: before the first neighbour whose middle lies below it. */
function follow(row: HTMLElement, y: number): void {
  const list = row.parentElement!;
  const others = [...list.children].filter((other): other is HTMLElement => other !== row);
  const next = others.find((other) => {
    const box = other.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  if (next?.dataset["locked"] !== undefined || row.nextElementSibling === (next ?? null)) return;
  list.insertBefore(row, next ?? null);
  renumber(list);
}
