// Dialogs open by the browser's own command; browsers without it get the same from here.
import { on, ready } from "./dom.js";

const native = "commandForElement" in HTMLButtonElement.prototype;

on("click", "button[commandfor]", (button) => {
  const dialog = document.getElementById(button.getAttribute("commandfor") ?? "");
  if (native || !(dialog instanceof HTMLDialogElement)) return;
  if (button.getAttribute("command") === "close") dialog.close();
  else dialog.showModal();
});

// A press on the scrim closes; a press inside does not.
on("click", "dialog", (dialog, event) => {
  if (event.target !== dialog) return;
  const box = dialog.getBoundingClientRect();
  const inside =
    event.clientX >= box.left &&
    event.clientX <= box.right &&
    event.clientY >= box.top &&
    event.clientY <= box.bottom;
  if (!inside) (dialog as HTMLDialogElement).close();
});

// A form that came back wrong shows what is wrong first.
ready((root) => root.querySelector<HTMLElement>("[data-focus]")?.focus());
