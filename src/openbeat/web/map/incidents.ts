// Incidents: points that gather into counted circles, or counts by cell where single places are not shown.
import type { ExpressionSpecification, LayerSpecification, SourceSpecification } from "maplibre-gl";
import { type Cell, cellDrawing } from "./cells.js";
import { type Drawing, type Item, mapPage, type Place } from "./core.js";
import { FONT } from "./ground.js";
import type { Palette } from "./palette.js";

type Points = GeoJSON.FeatureCollection<
  GeoJSON.Point,
  { id?: string; words?: string; at?: string; url?: string }
>;

mapPage("incidents", (data, settings) =>
  Array.isArray(data) ? cellDrawing(data as Cell[], settings.legend) : pointDrawing(data as Points),
);

function pointDrawing(points: Points): Drawing {
  const items = points.features.map((feature, i): Item => {
    const { id, words, at, url } = feature.properties;
    const place = feature.geometry.coordinates as Place;
    return { id: id ?? String(i), at: place, title: words ?? "", detail: at ?? "", url };
  });
  const features = points.features.map((feature, i) => ({ ...feature, properties: { id: items[i]!.id } }));
  const data: GeoJSON.FeatureCollection = { type: "FeatureCollection", features };
  const source: SourceSpecification = {
    type: "geojson",
    data,
    cluster: true,
    clusterRadius: 44,
    clusterMaxZoom: 15,
  };
  return { sources: { incidents: source }, layers, items, hit: ["incident"] };
}

function layers(colours: Palette, chosen: string): LayerSpecification[] {
  const many: ExpressionSpecification = ["has", "point_count"];
  const one: ExpressionSpecification = ["!", many];
  const radius: ExpressionSpecification = ["step", ["get", "point_count"], 13, 20, 17, 100, 22, 1000, 28];
  const edge = { "circle-stroke-color": colours("--surface"), "circle-stroke-width": 1.5 };
  const isChosen: ExpressionSpecification = ["==", ["get", "id"], chosen];
  return [
    {
      id: "clusters",
      type: "circle",
      source: "incidents",
      filter: many,
      paint: { "circle-color": colours("--accent"), "circle-radius": radius, ...edge },
    },
    {
      id: "incident",
      type: "circle",
      source: "incidents",
      filter: one,
      paint: {
        "circle-color": ["case", isChosen, colours("--ink"), colours("--accent")],
        "circle-radius": ["case", isChosen, 9, 6],
        ...edge,
      },
    },
    {
      id: "cluster-counts",
      type: "symbol",
      source: "incidents",
      filter: many,
      layout: {
        "text-field": ["get", "point_count_abbreviated"],
        "text-font": FONT,
        "text-size": 12,
        "text-allow-overlap": true,
      },
      paint: { "text-color": colours("--on-accent") },
    },
  ];
}
