// The forecast surface: expected counts by cell.
import { type Cell, cellDrawing } from "./cells.js";
import { mapPage } from "./core.js";

mapPage("surface", (data, settings) => cellDrawing((data ?? []) as Cell[], settings.legend));
