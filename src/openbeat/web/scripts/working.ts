// A thin line while something loads, and words when the server refuses or cannot be reached.
import { words } from "./dom.js";
import { toast } from "./toasts.js";

let running = 0;

function show(change: number): void {
  running = Math.max(0, running + change);
  document.getElementById("working")?.classList.toggle("on", running > 0);
}

document.addEventListener("htmx:before:request", () => show(1));
document.addEventListener("htmx:finally:request", () => show(-1));

/** The words of a refusal page, if the server sent one. */
function reason(text: string | undefined): string {
  if (!text) return "";
  const page = new DOMParser().parseFromString(text, "text/html");
  return page.querySelector<HTMLElement>("[data-error-words]")?.dataset["errorWords"] ?? "";
}

document.addEventListener("htmx:response:error", (event) => {
  const context = (event as CustomEvent<{ ctx?: { text?: string } }>).detail.ctx;
  toast(reason(context?.text) || words("failed"), "bad");
});

document.addEventListener("htmx:error", () => {
  toast(words(navigator.onLine ? "failed" : "offline"), "bad");
});
