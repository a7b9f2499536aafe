// The few helpers that the scripts share. Handlers sit on the document, so swapped-in parts need no wiring.

/** Calls `handler` with the nearest element that fits `selector` whenever `type` happens inside it. */
export function on<K extends keyof DocumentEventMap>(
  type: K,
  selector: string,
  handler: (element: HTMLElement, event: DocumentEventMap[K]) => void,
): void {
  document.addEventListener(type, (event) => {
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
    if (element) handler(element, event);
  });
}

/** Runs now for the whole page, and again for each part that htmx brings in. */
export function ready(run: (root: ParentNode) => void): void {
  const start = (): void => run(document);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:after:swap", start);
}

/** A sentence in the reader's language, from the page's `#words`, with `{name}` filled in. */
export function words(name: string, values: Record<string, string | number> = {}): string {
  const text = document.getElementById("words")?.dataset[name] ?? "";
  return text.replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
}

/** Whether the reader is typing, so that single letters are theirs. */
export function typing(event: Event): boolean {
  const target = event.target;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
  );
}

let live: HTMLElement | null = null;

/** Says something to screen readers only. */
export function announce(text: string): void {
  if (!live) {
    live = document.createElement("div");
    live.className = "visually-hidden";
    live.setAttribute("role", "status");
    document.body.append(live);
  }
  live.textContent = text;
}
