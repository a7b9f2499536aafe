// A patrol plan: each unit's way, and its stops in their order.
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { collection, type Drawing, type Item, mapPage, type Place } from "./core.js";
import { FONT } from "./ground.js";
import type { Palette } from "./palette.js";

interface Stop {
  at: Place;
  order: number;
  words: string;
  state?: "done" | "skipped";
  url?: string;
}
interface Unit {
  unit: string;
  path: Place[];
  stops: Stop[];
}

/** Colours of the style sheet; a fifth unit starts over with broken lines. */
const COLOURS = 4;

mapPage("plan", (data) => planDrawing((data ?? []) as Unit[]));

function planDrawing(units: Unit[]): Drawing {
  const ways = units.map((unit, u): GeoJSON.Feature => ({
    type: "Feature",
    geometry: { type: "LineString", coordinates: unit.path },
    properties: { unit: u, colour: u % COLOURS, broken: u >= COLOURS },
  }));
  const stops = units
    .flatMap((unit, u) => unit.stops.map((stop) => feature(stop, u)))
    .map((stop, rank) => ({ ...stop, properties: { ...stop.properties, rank } }));
  return {
    sources: { ways: collection(ways), stops: collection(stops) },
    layers,
    items: units.flatMap((unit, u) => unit.stops.map((stop) => item(unit, stop, u))),
    hit: ["stops"],
    reach: units.flatMap((unit) => [...unit.path, ...unit.stops.map((stop) => stop.at)]),
  };
}

function feature(stop: Stop, u: number): GeoJSON.Feature {
  const properties = {
    id: `${u}-${stop.order}`,
    order: stop.order,
    colour: u % COLOURS,
    state: stop.state ?? "",
  };
  return { type: "Feature", geometry: { type: "Point", coordinates: stop.at }, properties };
}

function item(unit: Unit, stop: Stop, u: number): Item {
  const title = `${unit.unit} · ${stop.order}`;
  return { id: `${u}-${stop.order}`, at: stop.at, title, detail: stop.words, url: stop.url };
}

function layers(colours: Palette, chosen: string): LayerSpecification[] {
  const series = [0, 1, 2, 3].flatMap((i) => [i, colours(`--cat-${i + 1}`)]);
  const colour = [
    "match",
    ["get", "colour"],
    ...series,
    colours("--cat-5"),
  ] as unknown as ExpressionSpecification;
  const open: ExpressionSpecification = ["==", ["get", "state"], ""];
  const isChosen: ExpressionSpecification = ["==", ["get", "id"], chosen];
  const way = (id: string, broken: boolean): LayerSpecification => ({
    id,
    type: "line",
    source: "ways",
    filter: ["==", ["get", "broken"], broken],
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": colour, "line-width": 3.5, ...(broken ? { "line-dasharray": [2, 1.6] } : {}) },
  });
  return [
    {
      id: "way-halo",
      type: "line",
      source: "ways",
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": colours("--surface"), "line-width": 6.5, "line-opacity": 0.8 },
    },
    way("ways", false),
    way("ways-broken", true),
    {
      id: "stops",
      type: "circle",
      source: "stops",
      paint: {
        "circle-color": ["case", open, colours("--surface"), colour],
        "circle-radius": ["case", isChosen, 14, 11],
        "circle-stroke-color": ["case", isChosen, colours("--ink"), colour],
        "circle-stroke-width": 2.5,
      },
    },
    {
      id: "stop-orders",
      type: "symbol",
      source: "stops",
      layout: {
        "text-field": ["case", ["==", ["get", "state"], "done"], "✓", ["to-string", ["get", "order"]]],
        "text-font": FONT,
        "text-size": 12,
        // several visits to one place lie on each other: the circle on top keeps its number, the others are hidden
        "symbol-sort-key": ["-", 0, ["get", "rank"]],
      },
      paint: { "text-color": ["case", open, colours("--ink"), colours("--surface")] },
    },
  ];
}
