// What was typed and not saved is not lost by a slip: leaving asks once, and only then.
import { on } from "./dom.js";

let dirty = false;

on("input", "form[data-guarded]", () => (dirty = true));
document.addEventListener("submit", () => (dirty = false));
document.addEventListener("htmx:before:request", (event) => {
  if (event.target instanceof HTMLFormElement) dirty = false;
});
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});
