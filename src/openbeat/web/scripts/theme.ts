// Light, dark or as the system has it: kept in a cookie, so that the server draws the next page right at once.
import { on } from "./dom.js";

const YEAR = 365 * 24 * 3600;

on("submit", "[data-theme-choice]", (_form, event) => {
  event.preventDefault();
  const button = (event as SubmitEvent).submitter;
  if (button instanceof HTMLButtonElement) choose(button);
});

function choose(button: HTMLButtonElement): void {
  const theme = button.value;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${theme ? YEAR : 0}; SameSite=Lax${secure}`;
  if (theme) document.documentElement.dataset["theme"] = theme;
  else delete document.documentElement.dataset["theme"];
  for (const other of button.form?.querySelectorAll("[aria-pressed]") ?? []) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  document.dispatchEvent(new CustomEvent("openbeat:theme"));
}
