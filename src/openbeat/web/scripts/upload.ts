// Files by drag and drop, and how far the upload is. Without a script it is a plain file field in a plain form.
import { on, words } from "./dom.js";
import { toast } from "./toasts.js";

for (const type of ["dragenter", "dragover"] as const)
  on(type, "[data-dropzone]", (zone) => zone.classList.add("over"));
for (const type of ["dragleave", "drop"] as const)
  on(type, "[data-dropzone]", (zone) => zone.classList.remove("over"));

on("change", "[data-dropzone] input[type=file]", (input) => {
  const files = [...((input as HTMLInputElement).files ?? [])];
  const named = files.map((file) => `${file.name} · ${size(file.size)}`).join(", ");
  const strong = input.closest("[data-dropzone]")?.querySelector("strong");
  if (strong && named) strong.textContent = named;
});

/** Bytes in the unit that a person would say. */
function size(bytes: number): string {
  const [unit, each] = bytes < 2 ** 20 ? (["kilobyte", 2 ** 10] as const) : (["megabyte", 2 ** 20] as const);
  const format = { style: "unit", unit, maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(document.documentElement.lang, format).format(bytes / each);
}

on("submit", "form[data-upload]", (element, event) => {
  const form = element as HTMLFormElement;
  const bar = form.querySelector<HTMLProgressElement>("[data-dropzone] progress");
  const files = [...form.querySelectorAll<HTMLInputElement>("input[type=file]")].flatMap((i) => [
    ...(i.files ?? []),
  ]);
  if (!bar || files.length === 0 || form.hasAttribute("hx-post")) return;
  event.preventDefault();
  send(form, (event as SubmitEvent).submitter, bar);
});

/** `fetch` cannot say how much it has sent, so this one stays with XMLHttpRequest; the answer is a page, and is shown. */
function send(form: HTMLFormElement, submitter: HTMLElement | null, bar: HTMLProgressElement): void {
  const request = new XMLHttpRequest();
  const failed = (): void => {
    bar.hidden = true;
    toast(words(navigator.onLine ? "failed" : "offline"), "bad");
  };
  bar.hidden = false;
  request.upload.addEventListener("progress", (sent) => {
    bar.value = sent.lengthComputable ? (100 * sent.loaded) / sent.total : 0;
    bar.setAttribute("aria-valuetext", words("uploading", { share: Math.round(bar.value) }));
  });
  request.addEventListener("load", () => (request.status < 500 ? show(request) : failed()));
  request.addEventListener("error", failed);
  request.open(form.method, form.action);
  request.setRequestHeader("X-Sent-By-Script", "1");
  request.send(new FormData(form, submitter));
}

/** What went well says where to go on, and what is to be said is said there; otherwise it is this page with what is wrong. */
function show(request: XMLHttpRequest): void {
  if (request.status < 400) {
    const onward = new URL(request.getResponseHeader("HX-Redirect") ?? request.responseURL, location.href);
    const stays = onward.pathname === location.pathname && onward.search === location.search;
    location.assign(onward);
    if (stays) location.reload(); // to another place of this very page a browser goes without loading it anew
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const main = page.getElementById("main");
  document.getElementById("main")?.replaceWith(...(main ? [document.adoptNode(main)] : []));
  document.dispatchEvent(new CustomEvent("htmx:after:swap"));
}
