// Beats: each in a colour that no neighbour has, with its name, its workload against the mean and its minutes.
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { ring } from "./cells.js";
import { collection, type Drawing, type Item, mapPage, type Place } from "./core.js";
import { FONT } from "./ground.js";
import type { Palette } from "./palette.js";
import { everywhere } from "./shapes.js";

interface Told {
  id: string;
  name: string;
  colour: number;
  label: Place;
  short: string;
  words: string;
}
type Beats = GeoJSON.FeatureCollection<GeoJSON.Geometry, Told>;

const COLOURS = [1, 2, 3, 4, 5];

mapPage("beats", (data): Drawing => {
  const beats = data as Beats;
  return {
    sources: {
      beats: collection(beats.features),
      "beat-labels": collection(
        beats.features.map(({ properties }): GeoJSON.Feature => ({
          type: "Feature",
          geometry: { type: "Point", coordinates: properties.label },
          properties,
        })),
      ),
    },
    layers,
    items: beats.features.map((feature): Item => ({
      id: feature.properties.id,
      at: feature.properties.label,
      title: feature.properties.name,
      detail: feature.properties.words,
    })),
    hit: ["beat-grounds"],
    reach: beats.features.flatMap((feature) => everywhere(feature.geometry)),
  };
});

function layers(colours: Palette, chosen: string): LayerSpecification[] {
  const isChosen: ExpressionSpecification = ["==", ["get", "id"], chosen];
  const steps = COLOURS.flatMap((step) => [step, colours(`--beat-${step}`)]);
  const colour = ["match", ["get", "colour"], ...steps, "transparent"] as unknown as ExpressionSpecification;
  return [
    {
      id: "beat-grounds",
      type: "fill",
      source: "beats",
      paint: { "fill-color": colour, "fill-opacity": ["case", isChosen, 0.75, 0.5] },
    },
    {
      id: "beat-edges",
      type: "line",
      source: "beats",
      layout: { "line-join": "round" },
      paint: { "line-color": colours("--ink"), "line-width": 2 },
    },
    ring("beat-chosen-halo", "beats", isChosen, colours("--surface"), 7),
    ring("beat-chosen", "beats", isChosen, colours("--ink"), 4),
    words("beat-names", "name", colours, { "text-size": 14, "text-allow-overlap": true }),
    words("beat-figures", "short", colours, { "text-size": 11, "text-offset": [0, 1.3] }),
  ];
}

/** The name always; the figures below it where there is room. */
function words(
  id: string,
  field: string,
  colours: Palette,
  more: Record<string, unknown>,
): LayerSpecification {
  return {
    id,
    type: "symbol",
    source: "beat-labels",
    layout: { "text-field": ["get", field], "text-font": FONT, "text-max-width": 14, ...more } as never,
    paint: {
      "text-color": colours("--ink"),
      "text-halo-color": colours("--map-halo"),
      "text-halo-width": 1.75,
    },
  };
}
