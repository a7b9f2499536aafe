// What every map page shares: ground, outlines, choosing by pointer and by keys, light and dark, life with swaps.
import {
  addProtocol,
  Map as MapLibre,
  type LayerSpecification,
  type LngLatBoundsLike,
  type SourceSpecification,
  type StyleSpecification,
  setWorkerUrl,
} from "maplibre-gl";
import { Protocol } from "pmtiles";
import { ready } from "../scripts/dom.js";
import { ground, outlines } from "./ground.js";
import { type Palette, palette } from "./palette.js";

export type Place = [longitude: number, latitude: number];

/** Something on the map that can be chosen: by pointer, by arrow keys, and told in words. */
export interface Item {
  id: string;
  at: Place;
  title: string;
  detail: string;
  url?: string | undefined;
}

export interface Legend {
  unit: string;
  bounds: number[];
  digits: number;
  ramp: "seq" | "div";
  shades: number[];
}

/** What the page says: `openbeat.web.ui.maps.Map.settings`. */
export interface Settings {
  data: unknown;
  url: string;
  areasUrl: string;
  tilesUrl: string;
  bounds: [number, number, number, number] | null;
  legend: Legend | null;
  extra: Record<string, unknown>;
}

/** What a kind of map adds to the ground. `chosen` layers are given the id of what is chosen. */
export interface Drawing {
  sources: Record<string, SourceSpecification>;
  layers: (colours: Palette, chosen: string) => LayerSpecification[];
  items: Item[];
  hit: string[];
  /** What the first view takes in, where that is more than the items' own places. */
  reach?: Place[];
  /** A pattern that a layer fills with, by its name; its colour is in the name, so that each theme has its own. */
  pattern?: (name: string) => ImageData | null;
}

type Prepare = (data: unknown, settings: Settings) => Drawing;

const REACH = 24; // pixels kept free around what is shown
const live = new Map<HTMLElement, Shown>();
let pmtilesReady = false;

/** Draws each map of this kind on the page, and those that come with later swaps. */
export function mapPage(kind: string, prepare: Prepare): void {
  ready((root) => {
    for (const [host, shown] of live) if (!host.isConnected) shown.end();
    for (const host of root.querySelectorAll<HTMLElement>(`[data-map="${kind}"]`)) {
      if (!live.has(host)) void begin(host, prepare);
    }
  });
}

async function begin(host: HTMLElement, prepare: Prepare): Promise<void> {
  const text = document.getElementById(`${host.id}-settings`)?.textContent ?? "{}";
  const settings = JSON.parse(text) as Settings;
  try {
    const data = settings.url ? await fetched(settings.url) : settings.data;
    await document.fonts.load('600 12px "Inter Variable"');
    live.set(host, new Shown(host, settings, prepare(data, settings)));
  } catch (reason) {
    console.warn("map:", reason);
    say(host, host.querySelector<HTMLTemplateElement>("[data-map-words]")?.innerHTML ?? "");
  }
}

async function fetched(url: string): Promise<unknown> {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

function say(host: HTMLElement, text: string): void {
  const wait = host.querySelector<HTMLElement>(".map-wait");
  if (!wait) return;
  wait.textContent = text;
  wait.hidden = text === "";
}

/** One map on the page. */
class Shown {
  private readonly map: MapLibre;
  private readonly byId: Map<string, Item>;
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly ended = new AbortController();
  private chosen = "";

  constructor(
    private readonly host: HTMLElement,
    private readonly settings: Settings,
    private readonly drawing: Drawing,
  ) {
    this.byId = new Map(drawing.items.map((item) => [item.id, item]));
    this.map = this.open();
    this.listen();
  }

  end(): void {
    this.ended.abort();
    this.map.remove();
    live.delete(this.host);
  }

  private open(): MapLibre {
    setWorkerUrl(new URL(this.host.dataset["worker"] ?? "", location.href).href);
    if (!pmtilesReady) addProtocol("pmtiles", new Protocol().tile);
    pmtilesReady = true;
    const bounds = this.bounds();
    return new MapLibre({
      container: this.host.querySelector<HTMLElement>(".map-canvas")!,
      style: this.style(),
      ...(bounds ? { bounds, fitBoundsOptions: { padding: REACH, maxZoom: 15 } } : {}),
      attributionControl: false,
      cooperativeGestures: !this.host.classList.contains("tall"),
      dragRotate: false,
      fadeDuration: this.still.matches ? 0 : 150,
      keyboard: false,
      pitchWithRotate: false,
      touchPitch: false,
    });
  }

  private style(): StyleSpecification {
    const colours = palette();
    const base = ground(this.settings.tilesUrl, colours);
    const lines = outlines(this.settings.areasUrl, colours, this.settings.tilesUrl === "");
    return {
      version: 8,
      sources: { ...base.sources, ...lines.sources, ...this.drawing.sources },
      layers: [
        ...base.below,
        ...this.drawing.layers(colours, this.chosen).filter((layer) => layer.type !== "symbol"),
        ...lines.layers,
        ...base.above,
        ...this.drawing.layers(colours, this.chosen).filter((layer) => layer.type === "symbol"),
      ],
    };
  }

  private restyle = (): void => {
    this.map.setStyle(this.style(), { diff: true });
  };

  private bounds(): LngLatBoundsLike | null {
    if (this.settings.bounds) return this.settings.bounds;
    const places = this.drawing.reach ?? this.drawing.items.map((item) => item.at);
    if (places.length === 0) return null;
    const [x, y] = [places.map((at) => at[0]), places.map((at) => at[1])];
    return [least(x), least(y), -least(x.map((v) => -v)), -least(y.map((v) => -v))];
  }

  private listen(): void {
    const { map, host } = this;
    const signal = this.ended.signal;
    map.touchZoomRotate.disableRotation();
    this.hush(map.getCanvas());
    map.once("idle", () => say(host, ""));
    map.on("mousemove", (event) => this.hover(this.under(event.point)));
    map.on("mouseout", () => this.hover(null));
    map.on("click", (event) => this.choose(this.under(event.point)));
    map.setMissingStyleImageResolver((id) => {
      const image = this.drawing.pattern?.(id);
      if (image && !map.hasImage(id)) map.addImage(id, image, { pixelRatio: 2 });
    });
    map.on("error", (event) => console.warn("map:", event.error.message));
    host.addEventListener("keydown", (event) => this.key(event), { signal });
    host.addEventListener("click", (event) => this.act(event), { signal });
    document.addEventListener("openbeat:theme", this.restyle, { signal });
    this.dark.addEventListener("change", this.restyle, { signal });
    addEventListener("beforeprint", this.toPaper, { signal });
    addEventListener("afterprint", this.fromPaper, { signal });
  }

  /** What the map draws is gone once the page is laid out for paper: a plain copy of it is printed instead. */
  private toPaper = (): void => {
    this.fromPaper();
    this.map.redraw();
    const drawn = this.map.getCanvas();
    const copy = document.createElement("canvas");
    copy.className = "map-paper";
    [copy.width, copy.height] = [drawn.width, drawn.height];
    copy.getContext("2d")?.drawImage(drawn, 0, 0);
    this.host.querySelector(".map-canvas")?.after(copy);
  };

  private fromPaper = (): void => {
    this.host.querySelector(".map-paper")?.remove();
  };

  /** The frame around the canvas has the name and the focus; the canvas itself stays silent. */
  private hush(canvas: HTMLCanvasElement): void {
    canvas.tabIndex = -1;
    for (const name of ["role", "aria-label"]) canvas.removeAttribute(name);
    canvas.setAttribute("aria-hidden", "true");
  }

  private under(point: { x: number; y: number }): Item | null {
    const layers = this.drawing.hit.filter((layer) => this.map.getLayer(layer));
    const found = this.map.queryRenderedFeatures([point.x, point.y], { layers })[0];
    return this.byId.get(String(found?.properties["id"] ?? "")) ?? null;
  }

  private hover(item: Item | null): void {
    this.host.querySelector(".maplibregl-canvas-container")?.classList.toggle("pointing", item !== null);
    this.tell(item ?? this.byId.get(this.chosen) ?? null);
  }

  private choose(item: Item | null): void {
    this.chosen = item?.id ?? "";
    this.restyle();
    this.tell(item);
    const detail = { id: this.chosen, item };
    this.host.dispatchEvent(new CustomEvent("openbeat:choose", { bubbles: true, detail }));
  }

  /** The value of what is under the pointer or chosen, with the way to its page. */
  private tell(item: Item | null): void {
    const value = this.host.querySelector<HTMLOutputElement>(".map-value");
    if (!value) return;
    value.hidden = item === null;
    if (!item) return;
    const [title, detail] = [document.createElement("strong"), document.createElement("span")];
    title.textContent = item.title;
    detail.textContent = item.detail;
    value.replaceChildren(title, detail);
  }

  private act(event: MouseEvent): void {
    const pressed =
      event.target instanceof Element ? event.target.closest<HTMLElement>("[data-map-do]") : null;
    const duration = this.still.matches ? 0 : 250;
    const bounds = this.bounds();
    if (pressed?.dataset["mapDo"] === "in") this.map.zoomIn({ duration });
    else if (pressed?.dataset["mapDo"] === "out") this.map.zoomOut({ duration });
    else if (pressed && bounds) this.map.fitBounds(bounds, { padding: REACH, maxZoom: 15, duration });
  }

  private key(event: KeyboardEvent): void {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    const from = this.byId.get(this.chosen);
    if (way) this.step(way as [number, number]);
    else if (event.key === "+" || event.key === "=") this.map.zoomIn();
    else if (event.key === "-") this.map.zoomOut();
    else if (event.key === "Escape" && from) this.choose(null);
    else if (event.key === "Enter" && from?.url && event.target === this.map.getContainer())
      location.assign(from.url);
    else return;
    event.preventDefault();
  }

  /** To the nearest item within 60 degrees of the arrow, as seen on the screen; at first, to the one in the middle. */
  private step(way: [number, number]): void {
    const from = this.byId.get(this.chosen);
    const here = this.map.project(from?.at ?? this.map.getCenter());
    let best: Item | null = null;
    let least = Infinity;
    for (const item of this.drawing.items) {
      if (item.id === this.chosen) continue;
      const there = this.map.project(item.at);
      const [x, y] = [there.x - here.x, there.y - here.y];
      const far = Math.hypot(x, y);
      if (from && (x * way[0] + y * way[1] < far / 2 || far === 0)) continue;
      if (far < least) [best, least] = [item, far];
    }
    if (!best) return;
    this.choose(best);
    if (!this.map.getBounds().contains(best.at))
      this.map.panTo(best.at, { duration: this.still.matches ? 0 : 250 });
  }
}

function least(values: number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

/** Nothing under the drawing's own names can collide with the ground's: they all begin with the kind. */
export function collection(features: GeoJSON.Feature[]): SourceSpecification {
  return { type: "geojson", data: { type: "FeatureCollection", features } };
}

/** A number in the reader's habits. */
export function told(value: number, digits: number): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(document.documentElement.lang || "en", options).format(value);
}
