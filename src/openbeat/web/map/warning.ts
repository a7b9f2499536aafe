// A warning: its circle on the ground, and the cells in which its reports lie.
import type { LayerSpecification } from "maplibre-gl";
import { type Cell, cellDrawing } from "./cells.js";
import { collection, type Drawing, mapPage, type Place } from "./core.js";
import type { Palette } from "./palette.js";

interface Circle {
  lon: number;
  lat: number;
  radius: number;
}

const CORNERS = 72;
const METRES_A_DEGREE = 111_320;

mapPage("warning", (data, settings) => {
  const cells = cellDrawing((data ?? []) as Cell[], settings.legend);
  const ring = around(settings.extra as unknown as Circle);
  const circle: GeoJSON.Feature = {
    type: "Feature",
    geometry: { type: "Polygon", coordinates: [ring] },
    properties: {},
  };
  return {
    ...cells,
    sources: { ...cells.sources, circle: collection([circle]) },
    layers: (colours, chosen) => [...cells.layers(colours, chosen), ...edge(colours)],
    reach: ring,
  } satisfies Drawing;
});

/** The circle's corners, in degrees; metres are small against the earth. */
function around({ lon, lat, radius }: Circle): Place[] {
  const up = radius / METRES_A_DEGREE;
  const side = up / Math.cos((lat * Math.PI) / 180);
  return Array.from({ length: CORNERS + 1 }, (_, i): Place => {
    const angle = (2 * Math.PI * i) / CORNERS;
    return [lon + side * Math.sin(angle), lat + up * Math.cos(angle)];
  });
}

function edge(colours: Palette): LayerSpecification[] {
  const line = (id: string, colour: string, width: number): LayerSpecification => ({
    id,
    type: "line",
    source: "circle",
    paint: { "line-color": colour, "line-width": width },
  });
  return [line("circle-halo", colours("--surface"), 5), line("circle-edge", colours("--ink"), 2.5)];
}
