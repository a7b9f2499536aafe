// The idle lock as the eye sees it: the page is covered, what was typed stays in it, and the same person goes on.
import { on } from "./dom.js";

const PING = 60_000;
const CHECK = 5_000;

const dialog = document.getElementById("stay");
const limit = Number(dialog?.dataset["idle"] ?? 0) * 1000;
const shared = "BroadcastChannel" in window ? new BroadcastChannel("openbeat-staying") : null;
let touched = Date.now();
let told = Date.now();
let locked = false;

/** Somebody works here: the other tabs know at once, the service once a minute. */
function touch(): void {
  if (locked) return;
  const now = Date.now();
  if (now - touched > CHECK) shared?.postMessage("touched");
  touched = now;
  if (now - told < PING) return;
  told = now;
  void fetch("/account/still-here", { redirect: "manual" });
}

function cover(): void {
  if (locked || !(dialog instanceof HTMLDialogElement)) return;
  locked = true;
  dialog.showModal();
  document.documentElement.classList.add("locked");
  void load("/account/again?next=/account/still-here");
}

function uncover(): void {
  locked = false;
  touched = told = Date.now();
  document.documentElement.classList.remove("locked");
  (dialog as HTMLDialogElement | null)?.close();
}

/** Shows the way of unlocking, or goes on where none is asked for any more. */
async function show(answer: Response): Promise<void> {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.getElementById("still-here")) {
    shared?.postMessage("open");
    return uncover();
  }
  const part = page.getElementById("again");
  if (!part) return location.reload();
  const place = dialog?.querySelector("[data-stay-place]");
  place?.replaceChildren(document.importNode(part, true));
  place?.querySelector<HTMLElement>("input:not([type=hidden]), button")?.focus();
}

async function load(address: string, sent?: FormData): Promise<void> {
  const line = dialog?.querySelector<HTMLElement>("[data-stay-offline]");
  try {
    await show(await fetch(address, sent ? { method: "POST", body: sent } : {}));
    line?.setAttribute("hidden", "");
  } catch {
    line?.removeAttribute("hidden");
  }
}

/** Locks for the service too, so that closing the cover by force opens nothing. */
async function lock(): Promise<void> {
  const sent = new FormData();
  sent.set("csrfmiddlewaretoken", dialog?.dataset["token"] ?? "");
  await fetch("/account/lock", { method: "POST", body: sent, redirect: "manual" }).catch(() => undefined);
  cover();
}

if (dialog instanceof HTMLDialogElement) {
  for (const type of ["pointerdown", "keydown", "wheel", "touchstart"] as const) {
    addEventListener(type, touch, { passive: true, capture: true });
  }
  shared?.addEventListener("message", ({ data }) => {
    if (data === "open" && locked) uncover();
    else if (data === "touched" && !locked) touched = Date.now();
  });
  if (limit) setInterval(() => void (!locked && Date.now() - touched >= limit && lock()), CHECK);
  dialog.addEventListener("cancel", (event) => locked && event.preventDefault());
  dialog.addEventListener("close", () => locked && dialog.showModal());
  document.addEventListener("htmx:after:request", (event) => {
    const detail = (event as CustomEvent<{ ctx?: { response?: { headers?: Headers } } }>).detail;
    if (detail?.ctx?.response?.headers?.get("Openbeat-Locked")) cover();
  });
}

on("submit", "#stay form:not([data-leaves])", (form, event) => {
  event.preventDefault();
  void load((form as HTMLFormElement).action, new FormData(form as HTMLFormElement));
});
on("click", "#stay #again a", (link, event) => {
  event.preventDefault();
  void load((link as HTMLAnchorElement).href);
});
on("click", "[data-lock-now]", (_, event) => {
  event.preventDefault();
  void lock();
});
