// What just happened, in a corner: goes by itself, unless it is bad news or can be undone.
import { on, ready } from "./dom.js";

const LIFE = 8000;
const SHAPES: Record<string, string> = { good: "circle-check", bad: "octagon-x", neutral: "circle" };

/** Shows a toast; bad ones stay until they are dismissed. */
export function toast(text: string, tone: "good" | "bad" | "neutral" = "neutral"): void {
  const form = document.getElementById("toast-template");
  const made = form instanceof HTMLTemplateElement ? form.content.firstElementChild?.cloneNode(true) : null;
  if (!(made instanceof HTMLElement)) return;
  made.className = `toast tone-${tone}`;
  made.toggleAttribute("data-stays", tone === "bad");
  made.querySelector("p")!.textContent = text;
  const shape = made.querySelector("use");
  shape?.setAttribute("href", (shape.getAttribute("href") ?? "").replace(/#.*/, `#${SHAPES[tone]}`));
  document.getElementById("toasts")?.append(made);
  expire(made);
}

/** Takes the toast away after a while, but not under the reader's pointer or focus. */
function expire(element: HTMLElement): void {
  if (element.dataset["timed"] !== undefined || element.dataset["stays"] !== undefined) return;
  element.dataset["timed"] = "";
  const later = (): void => {
    if (element.matches(":hover, :focus-within")) setTimeout(later, LIFE / 4);
    else element.remove();
  };
  setTimeout(later, LIFE);
}

on("click", "[data-dismiss]", (button) => button.closest("[data-toast]")?.remove());
ready((root) => root.querySelectorAll<HTMLElement>("[data-toast]").forEach(expire));
// The server's way to say something after an htmx request: HX-Trigger: {"toast": {"text": …, "tone": …}}
document.addEventListener("toast", (event) => {
  const { text, tone } = (event as CustomEvent<{ text: string; tone?: "good" | "bad" }>).detail;
  toast(text, tone);
});
