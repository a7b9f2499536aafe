// The ground under every map: our own tiles where there are any, else a plain one; and the outlines of areas.
import type {
  DataDrivenPropertyValueSpecification as ByZoom,
  ExpressionSpecification,
  LayerSpecification,
  SourceSpecification,
} from "maplibre-gl";
import type { Palette } from "./palette.js";

export const FONT = ["Inter Variable", "sans-serif"];

interface Ground {
  sources: Record<string, SourceSpecification>;
  below: LayerSpecification[];
  above: LayerSpecification[];
}

/** Water, green, buildings and roads below the work; names above it. */
export function ground(tilesUrl: string, colours: Palette): Ground {
  const plain: LayerSpecification = {
    id: "ground",
    type: "background",
    paint: { "background-color": colours("--map-ground") },
  };
  if (!tilesUrl) return { sources: {}, below: [plain], above: [] };
  const url = `pmtiles://${new URL(tilesUrl, location.href).href}`;
  return {
    sources: { ground: { type: "vector", url } },
    below: [plain, ...land(colours), ...roads(colours)],
    above: names(colours),
  };
}

function fill(id: string, colour: string, minzoom = 0): LayerSpecification {
  const polygons: ExpressionSpecification = ["==", ["geometry-type"], "Polygon"];
  const paint = { "fill-color": colour };
  return { id, type: "fill", source: "ground", "source-layer": id, minzoom, filter: polygons, paint };
}

function land(colours: Palette): LayerSpecification[] {
  const streams: LayerSpecification = {
    id: "streams",
    type: "line",
    source: "ground",
    "source-layer": "water",
    filter: ["==", ["geometry-type"], "LineString"],
    paint: { "line-color": colours("--map-water"), "line-width": grow(0.5, 4) },
  };
  return [
    fill("green", colours("--map-green")),
    fill("water", colours("--map-water")),
    streams,
    fill("buildings", colours("--map-building"), 14),
  ];
}

/** Kind, width at zoom 10 and at 16. */
const ROADS: [kind: string, far: number, near: number][] = [
  ["path", 0, 1.5],
  ["minor", 0.3, 7],
  ["major", 0.9, 11],
  ["motorway", 1.6, 14],
];

function grow(far: number, near: number): ByZoom<number> {
  return ["interpolate", ["exponential", 1.6], ["zoom"], 10, far, 16, near];
}

function road(
  id: string,
  kind: string,
  colour: string,
  width: ByZoom<number>,
  dash?: number[],
): LayerSpecification {
  return {
    id,
    type: "line",
    source: "ground",
    "source-layer": "roads",
    filter: ["==", ["get", "kind"], kind],
    layout: dash ? {} : { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour, "line-width": width, ...(dash ? { "line-dasharray": dash } : {}) },
  };
}

/** First every edge, then every surface, so that crossings join. */
function roads(colours: Palette): LayerSpecification[] {
  const edges = ROADS.map(([kind, far, near]) =>
    road(`edge-${kind}`, kind, colours("--map-road-edge"), grow(far + 0.6, near + 1.6)),
  );
  const tops = ROADS.map(([kind, far, near]) =>
    road(`road-${kind}`, kind, colours("--map-road"), grow(far, near)),
  );
  const rail = road("rail", "rail", colours("--map-road-edge"), grow(0.6, 2.5), [4, 2]);
  return [...edges, ...tops, rail];
}

function names(colours: Palette): LayerSpecification[] {
  const halo = { "text-halo-color": colours("--map-halo"), "text-halo-width": 1.5 };
  const common = { source: "ground", "source-layer": "names" } as const;
  const text = {
    "text-field": ["get", "name"],
    "text-font": FONT,
    "symbol-sort-key": ["get", "rank"],
  } as const;
  return [
    {
      ...common,
      paint: { ...halo, "text-color": colours("--map-name") },
      id: "street-names",
      type: "symbol",
      minzoom: 13,
      filter: ["==", ["get", "kind"], "street"],
      layout: { ...text, "symbol-placement": "line", "text-size": 11, "text-max-angle": 30 } as never,
    },
    {
      ...common,
      paint: { ...halo, "text-color": colours("--ink") },
      id: "names",
      type: "symbol",
      filter: ["!=", ["get", "kind"], "street"],
      layout: {
        ...text,
        "text-size": ["interpolate", ["linear"], ["get", "rank"], 1, 15, 7, 11.5],
        "text-max-width": 8,
      } as never,
    },
  ];
}

/** Area outlines from GeoJSON; their names only where the ground has none of its own. */
export function outlines(
  url: string,
  colours: Palette,
  named: boolean,
): { sources: Record<string, SourceSpecification>; layers: LayerSpecification[] } {
  if (!url) return { sources: {}, layers: [] };
  const data = new URL(url, location.href).href;
  const line: LayerSpecification = {
    id: "areas",
    type: "line",
    source: "areas",
    paint: { "line-color": colours("--map-outline"), "line-opacity": 0.55, "line-width": 1 },
  };
  const words: LayerSpecification = {
    id: "area-names",
    type: "symbol",
    source: "areas",
    minzoom: 11,
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 11.5, "text-max-width": 8 },
    paint: {
      "text-color": colours("--ink"),
      "text-halo-color": colours("--map-halo"),
      "text-halo-width": 1.5,
    },
  };
  return { sources: { areas: { type: "geojson", data } }, layers: named ? [line, words] : [line] };
}
