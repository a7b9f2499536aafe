// Bundles styles, scripts, maps, typeface and icons into static/build. `--watch` keeps at it.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "../../../node_modules");
const out = join(here, "static/build");
const watch = process.argv.includes("--watch");

const shared = {
  bundle: true,
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  legalComments: "none",
  logLevel: "warning",
  outdir: out,
};

/** Scripts share chunks; MapLibre's worker stands alone, because the browser starts it by its own address. */
const scripts = async () => ({
  ...shared,
  entryPoints: { app: join(here, "scripts/app.ts"), ...(await mapModules()) },
  chunkNames: "chunk-[hash]",
  format: "esm",
  splitting: true,
  target: "es2022",
});

const worker = {
  ...shared,
  entryPoints: { "map-worker": join(modules, "maplibre-gl/dist/maplibre-gl-worker.mjs") },
  format: "esm",
  target: "es2022",
};

/** Unhashed names: Django's manifest adds the hash and rewrites the addresses inside the style sheets. */
const styles = {
  ...shared,
  entryPoints: { app: join(here, "styles/app.css"), map: join(here, "styles/map.css") },
  assetNames: "[name]",
  loader: { ".woff2": "file", ".svg": "dataurl" },
  target: ["chrome123", "firefox121", "safari17.5"],
};

/** The map of a page is a module that calls `mapPage`; the others are shared by them. */
async function mapModules() {
  const names = (await readdir(join(here, "map"))).filter(
    (name) => name.endsWith(".ts") && name !== "core.ts",
  );
  const texts = await Promise.all(names.map((name) => readFile(join(here, "map", name), "utf8")));
  const pages = names.filter((_, i) => texts[i].includes("mapPage("));
  return Object.fromEntries(pages.map((name) => [`map-${name.slice(0, -3)}`, join(here, "map", name)]));
}

async function sprite() {
  const names = (await readFile(join(here, "icons.txt"), "utf8"))
    .split("\n")
    .filter((line) => /^[a-z]/.test(line));
  const symbols = await Promise.all(names.map(symbol));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
  await writeFile(join(out, "icons.svg"), svg);
}

async function symbol(name) {
  const svg = await readFile(join(modules, "lucide-static/icons", `${name}.svg`), "utf8");
  const inner = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s+/g, " ").trim()}</symbol>`;
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const targets = [await scripts(), worker, styles];
await sprite();
if (watch) {
  const contexts = await Promise.all(targets.map((target) => context(target)));
  await Promise.all(contexts.map((each) => each.watch()));
} else {
  await Promise.all(targets.map((target) => build(target)));
}
