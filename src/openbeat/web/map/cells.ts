// H3 cells as a drawing: for expected counts, for counts of incidents, for dosage.
import { cellToBoundary, cellToLatLng } from "h3-js";
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { collection, type Drawing, type Item, type Legend, told } from "./core.js";
import type { Palette } from "./palette.js";

export interface Cell {
  cell: string;
  value: number;
  words?: string;
  url?: string;
}

/** The number of the class's colour, 1 to 7, as the legend beside the map has it. */
export function shade(value: number, legend: Legend | null): number {
  if (!legend || legend.bounds.length === 0) return 4;
  const above = legend.bounds.filter((bound) => value >= bound).length;
  return legend.shades[Math.max(0, above - 1)] ?? 4;
}

export function cellDrawing(cells: Cell[], legend: Legend | null): Drawing {
  const features = cells.map((each): GeoJSON.Feature => ({
    type: "Feature",
    geometry: { type: "Polygon", coordinates: [cellToBoundary(each.cell, true)] },
    properties: { id: each.cell, shade: shade(each.value, legend) },
  }));
  return {
    sources: { cells: collection(features) },
    layers: (colours, chosen) => layers(colours, chosen, legend?.ramp ?? "seq"),
    items: cells.map((each) => item(each, legend)),
    hit: ["cells"],
  };
}

function item(each: Cell, legend: Legend | null): Item {
  const [latitude, longitude] = cellToLatLng(each.cell);
  const title = `${told(each.value, legend?.digits ?? 0)} ${legend?.unit ?? ""}`.trim();
  return { id: each.cell, at: [longitude, latitude], title, detail: each.words ?? each.cell, url: each.url };
}

function layers(colours: Palette, chosen: string, ramp: string): LayerSpecification[] {
  const steps = [1, 2, 3, 4, 5, 6, 7].flatMap((step) => [step, colours(`--${ramp}-${step}`)]);
  const colour = ["match", ["get", "shade"], ...steps, "transparent"] as unknown as ExpressionSpecification;
  const one: ExpressionSpecification = ["==", ["get", "id"], chosen];
  return [
    { id: "cells", type: "fill", source: "cells", paint: { "fill-color": colour, "fill-opacity": 0.78 } },
    {
      id: "cell-edges",
      type: "line",
      source: "cells",
      minzoom: 11,
      paint: {
        "line-color": colours("--map-ground"),
        "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.2, 13, 0.8],
        "line-opacity": 0.6,
      },
    },
    ring("cell-chosen-halo", "cells", one, colours("--surface"), 6),
    ring("cell-chosen", "cells", one, colours("--ink"), 3),
  ];
}

/** A line around what is chosen. */
export function ring(
  id: string,
  source: string,
  filter: ExpressionSpecification,
  colour: string,
  width: number,
): LayerSpecification {
  const layout = { "line-join": "round" } as const;
  return { id, type: "line", source, filter, layout, paint: { "line-color": colour, "line-width": width } };
}
