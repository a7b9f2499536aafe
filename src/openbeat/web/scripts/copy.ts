// Copies what stands beside the button.
import { on, words } from "./dom.js";
import { toast } from "./toasts.js";

on("click", "[data-copy]", (button) => {
  navigator.clipboard.writeText(button.dataset["copy"] ?? "").then(
    () => toast(words("copied"), "good"),
    () => toast(words("failed"), "bad"),
  );
});
