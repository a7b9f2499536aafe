// Every page's script. Pages work without it where they can; it makes them quicker to the hand.
import "htmx.org";
import "htmx.org/dist/ext/hx-sse.js";
import "./working.js";
import "./theme.js";
import "./menus.js";
import "./dialogs.js";
import "./palette.js";
import "./toasts.js";
import "./times.js";
import "./copy.js";
import "./rows.js";
import "./guard.js";
import "./upload.js";
import "./sortable.js";
import "./passkey.js";
import "./staying.js";

document.documentElement.classList.add("scripted");
