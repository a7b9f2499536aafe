// Before and after: where something was done, the ring around it, and what it is compared with, told apart by pattern.
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { ring } from "./cells.js";
import { collection, type Drawing, type Item, mapPage, type Place } from "./core.js";
import type { Palette } from "./palette.js";

type Kind = "treated" | "ring" | "comparison";

interface Zone {
  id: string;
  kind: Kind;
  at: Place;
  title: string;
  detail: string;
  shape: GeoJSON.Polygon | GeoJSON.MultiPolygon;
}

const COLOURS: Record<Kind, string> = { comparison: "--cat-5", ring: "--cat-2", treated: "--cat-1" };
const SIDE = 16; // pixels of a pattern, two to a point

mapPage("zones", (data) => zoneDrawing((data ?? []) as Zone[]));

function zoneDrawing(zones: Zone[]): Drawing {
  const features = zones.map(({ id, kind, shape }): GeoJSON.Feature => ({
    type: "Feature",
    geometry: shape,
    properties: { id, kind },
  }));
  return {
    sources: { zones: collection(features) },
    layers,
    items: zones.map(({ id, at, title, detail }): Item => ({ id, at, title, detail })),
    hit: ["zone-treated", "zone-ring", "zone-comparison"],
    pattern,
  };
}

function layers(colours: Palette, chosen: string): LayerSpecification[] {
  const of = (kind: Kind): ExpressionSpecification => ["==", ["get", "kind"], kind];
  const fill = (kind: Kind, paint: object): LayerSpecification => ({
    id: `zone-${kind}`,
    type: "fill",
    source: "zones",
    filter: of(kind),
    paint,
  });
  const patterned = (kind: Kind): object => ({ "fill-pattern": `${kind}:${colours(COLOURS[kind])}` });
  const one: ExpressionSpecification = ["==", ["get", "id"], chosen];
  return [
    fill("comparison", patterned("comparison")),
    fill("ring", patterned("ring")),
    fill("treated", { "fill-color": colours(COLOURS.treated), "fill-opacity": 0.72 }),
    ring("zone-ring-edge", "zones", of("ring"), colours(COLOURS.ring), 1.5),
    ring("zone-treated-edge", "zones", of("treated"), colours(COLOURS.treated), 2.5),
    ring("zone-chosen-halo", "zones", one, colours("--surface"), 6),
    ring("zone-chosen", "zones", one, colours("--ink"), 3),
  ];
}

/** Slanting lines for the ring, dots for the comparison; a name is the sort, a colon, and the colour. */
function pattern(name: string): ImageData | null {
  const [kind, colour] = name.split(":");
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen || !colour) return null;
  pen.canvas.width = pen.canvas.height = SIDE;
  pen.fillStyle = pen.strokeStyle = colour;
  if (kind === "ring") slant(pen);
  else dot(pen);
  return pen.getImageData(0, 0, SIDE, SIDE);
}

function slant(pen: CanvasRenderingContext2D): void {
  pen.lineWidth = 4;
  for (const start of [-SIDE, 0, SIDE]) {
    pen.moveTo(start - 2, SIDE + 2);
    pen.lineTo(start + SIDE + 2, -2);
  }
  pen.stroke();
}

function dot(pen: CanvasRenderingContext2D): void {
  pen.arc(SIDE / 2, SIDE / 2, 2.5, 0, 2 * Math.PI);
  pen.fill();
}
