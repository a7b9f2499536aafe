// Where units wait: the chance of a free one by cell, and each place with the number of its units.
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { type Cell, cellDrawing } from "./cells.js";
import { collection, type Drawing, type Item, mapPage, type Place } from "./core.js";
import { FONT } from "./ground.js";
import type { Palette } from "./palette.js";

interface Spot {
  name: string;
  at: Place;
  units: number;
  words: string;
}

mapPage("standby", (data, settings) => {
  const cells = cellDrawing((data ?? []) as Cell[], settings.legend);
  const spots = (settings.extra["places"] ?? []) as Spot[];
  return {
    ...cells,
    sources: { ...cells.sources, places: collection(spots.map(feature)) },
    layers: (colours, chosen) => [...cells.layers(colours, chosen), ...circles(colours, chosen)],
    items: [...spots.map(item), ...cells.items],
    hit: ["places", ...cells.hit],
  } satisfies Drawing;
});

function feature(spot: Spot, i: number): GeoJSON.Feature {
  const properties = { id: `place-${i}`, units: spot.units };
  return { type: "Feature", geometry: { type: "Point", coordinates: spot.at }, properties };
}

function item(spot: Spot, i: number): Item {
  return { id: `place-${i}`, at: spot.at, title: spot.name, detail: spot.words };
}

function circles(colours: Palette, chosen: string): LayerSpecification[] {
  const used: ExpressionSpecification = [">", ["get", "units"], 0];
  const isChosen: ExpressionSpecification = ["==", ["get", "id"], chosen];
  return [
    {
      id: "places",
      type: "circle",
      source: "places",
      paint: {
        "circle-color": colours("--surface"),
        "circle-radius": ["case", used, 12, 6],
        "circle-stroke-color": colours("--ink"),
        "circle-stroke-width": ["case", isChosen, 4, used, 2.5, 1.5],
      },
    },
    {
      id: "place-units",
      type: "symbol",
      source: "places",
      filter: used,
      layout: {
        "text-field": ["to-string", ["get", "units"]],
        "text-font": FONT,
        "text-size": 13,
        "text-allow-overlap": true,
      },
      // outlines of areas are drawn between a circle and its number
      paint: {
        "text-color": colours("--ink"),
        "text-halo-color": colours("--surface"),
        "text-halo-width": 3,
      },
    },
  ];
}
