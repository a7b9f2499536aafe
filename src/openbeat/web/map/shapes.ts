// Where geometries lie: every position, and the middle of the box around them.
import type { Place } from "./core.js";

/** The middle of the box around a geometry: where the keys find it. */
export function middle(geometry: GeoJSON.Geometry): Place {
  const all = everywhere(geometry);
  const mid = (run: number[]): number =>
    (run.reduce((a, b) => Math.min(a, b), Infinity) + run.reduce((a, b) => Math.max(a, b), -Infinity)) / 2;
  return [mid(all.map(([x]) => x)), mid(all.map(([, y]) => y))];
}

export function everywhere(geometry: GeoJSON.Geometry): Place[] {
  return geometry.type === "GeometryCollection" ? [] : positions(geometry.coordinates);
}

/** Every position, however deep the rings lie. */
function positions(nested: unknown): Place[] {
  if (!Array.isArray(nested)) return [];
  return typeof nested[0] === "number" ? [nested as Place] : nested.flatMap(positions);
}
