// The clock on top goes on from the server's time (in training, the training day's); «3 minutes ago» grows older.
import { ready } from "./dom.js";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];
const started = performance.now();

/** The server's now, carried on by the browser's own clock; the wall clock where the page has none. */
function now(): number {
  const told = document.querySelector<HTMLTimeElement>("[data-clock]")?.dateTime;
  return told ? Date.parse(told) + performance.now() - started : Date.now();
}

function clock(): void {
  const shown = document.querySelector<HTMLElement>("[data-clock-time]");
  const told = document.querySelector<HTMLTimeElement>("[data-clock]")?.dateTime;
  if (!shown || !told) return;
  const offset = /([+-])(\d\d):(\d\d)$/.exec(told);
  const minutes = offset ? (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) : 0;
  shown.textContent = new Date(now() + minutes * 60000).toISOString().slice(11, 16);
}

function age(): void {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "always" });
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-relative]")) {
    const seconds = (Date.parse(element.dateTime) - now()) / 1000;
    if (Math.abs(seconds) > 7 * 86400 || Math.abs(seconds) < 60) continue; // the server's words are as good
    const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size)!;
    element.textContent = format.format(Math.trunc(seconds / size), unit);
  }
}

ready(clock);
setInterval(clock, 1000);
setInterval(age, 30000);
