// Places: areas, stations and streets as the agency keeps them.
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { ring } from "./cells.js";
import { collection, type Drawing, type Item, mapPage } from "./core.js";
import { FONT } from "./ground.js";
import type { Palette } from "./palette.js";
import { everywhere, middle } from "./shapes.js";

type Places = GeoJSON.FeatureCollection<
  GeoJSON.Geometry,
  { id?: string; name?: string; kind?: string; url?: string }
>;

mapPage("places", (data) => placeDrawing(data as Places));

function placeDrawing(places: Places): Drawing {
  const items = places.features.map((feature, i): Item => {
    const { id, name, kind, url } = feature.properties;
    return { id: id ?? String(i), at: middle(feature.geometry), title: name ?? "", detail: kind ?? "", url };
  });
  const features = places.features.map((feature, i) => ({
    ...feature,
    properties: { id: items[i]!.id, name: items[i]!.title, kind: items[i]!.detail },
  }));
  const reach = places.features.flatMap((feature) => everywhere(feature.geometry));
  return {
    sources: { places: collection(features) },
    layers,
    items,
    hit: ["place-points", "place-areas"],
    reach,
  };
}

function layers(colours: Palette, chosen: string): LayerSpecification[] {
  const isChosen: ExpressionSpecification = ["==", ["get", "id"], chosen];
  const geometry = (type: string): ExpressionSpecification => ["==", ["geometry-type"], type];
  return [
    {
      id: "place-areas",
      type: "fill",
      source: "places",
      filter: geometry("Polygon"),
      paint: { "fill-color": colours("--accent"), "fill-opacity": ["case", isChosen, 0.3, 0.1] },
    },
    ring("place-edges", "places", ["!", geometry("Point")], colours("--map-outline"), 1),
    ring("place-chosen", "places", ["all", isChosen, ["!", geometry("Point")]], colours("--accent"), 3),
    {
      id: "place-points",
      type: "circle",
      source: "places",
      filter: geometry("Point"),
      paint: {
        "circle-color": ["case", isChosen, colours("--ink"), colours("--accent")],
        "circle-radius": ["case", isChosen, 9, 6],
        "circle-stroke-color": colours("--surface"),
        "circle-stroke-width": 2,
      },
    },
    names("place-names", ["!", geometry("Point")], colours, {}),
    names("place-point-names", geometry("Point"), colours, POINT_NAMES),
  ];
}

const POINT_NAMES = {
  "text-variable-anchor": ["left", "right", "top", "bottom"],
  "text-justify": "auto",
  "text-radial-offset": 0.8,
} as const;

function names(
  id: string,
  filter: ExpressionSpecification,
  colours: Palette,
  more: typeof POINT_NAMES | Record<string, never>,
): LayerSpecification {
  const layout = {
    "text-field": ["get", "name"],
    "text-font": FONT,
    "text-size": 12,
    "text-max-width": 9,
    ...more,
  };
  const paint = {
    "text-color": colours("--ink"),
    "text-halo-color": colours("--map-halo"),
    "text-halo-width": 1.5,
  };
  return { id, type: "symbol", source: "places", filter, layout, paint } as LayerSpecification;
}
