/**
 * Build the site: `node build.mjs <folder> [<labels>]`, the folder being emptied first. The fonts have the characters of
 * <labels>, and standard output names those that a font lacks.
 *
 * The same sources, the same lock file and the same labels give the same bytes. What is cached for ever carries its hash in its name.
 * Beside the folder, `<folder>.json` tells whoever serves the site how: the headers, and each file's type and caching.
 * In both, and in index.html, `{{CONNECT_SRC}}` stands for the origins of the API and the socket, which only whoever
 * sets them up knows.
 */

import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

import { subsetFonts } from "./packing/fonts.mjs";
import { licences } from "./packing/licences.mjs";
import { headers, metaPolicy } from "./packing/policy.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const SOURCES = join(HERE, "src");

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};
const HASHED = /-[0-9A-Z]{8}\.\w+$/;
const FOR_EVER = "public, max-age=31536000, immutable";
const ASK_EACH_TIME = "no-cache";

/** Bundle script and style into `folder`/assets; returns the name of each, relative to `folder`. */
async function bundle(folder, fonts) {
  const { metafile } = await esbuild.build({
    entryPoints: { app: join(SOURCES, "main.js"), site: join(SOURCES, "styles", "site.css") },
    outdir: join(folder, "assets"),
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    alias: { fonts },
    absWorkingDir: HERE,
    bundle: true,
    format: "esm",
    target: ["es2022", "chrome111", "firefox113", "safari16.4"],
    charset: "utf8",
    loader: { ".woff2": "file" },
    minify: true,
    legalComments: "none", // licences.txt has them whole
    metafile: true,
    logLevel: "warning",
  });
  const built = Object.keys(metafile.outputs).map((name) => relative(folder, resolve(HERE, name)));
  return { script: built.find((name) => name.endsWith(".js")), style: built.find((name) => name.endsWith(".css")) };
}

async function describe(folder) {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  const files = {};
  for (const name of names) {
    files[name] = {
      content_type: TYPES[extname(name)],
      cache_control: HASHED.test(basename(name)) ? FOR_EVER : ASK_EACH_TIME,
      sha256: createHash("sha256").update(await readFile(join(folder, name))).digest("hex"),
    };
  }
  return { headers: headers(), files };
}

async function build(folder, labels) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const fonts = `${folder}.fonts`;
  for (const line of await subsetFonts(fonts, labels)) console.log(line);
  const { script, style } = await bundle(folder, fonts);
  await rm(fonts, { recursive: true });
  const page = (await readFile(join(SOURCES, "index.html"), "utf8"))
    .replace("{{META_POLICY}}", metaPolicy())
    .replace("{{STYLE}}", style)
    .replace("{{SCRIPT}}", script);
  await writeFile(join(folder, "index.html"), page);
  await cp(join(SOURCES, "pictures"), join(folder, "pictures"), { recursive: true });
  for (const name of ["icon.svg", "openapi.json"]) await cp(join(SOURCES, name), join(folder, name));
  await writeFile(join(folder, "licences.txt"), await licences(HERE));
  await writeFile(`${folder}.json`, JSON.stringify(await describe(folder), null, 2) + "\n");
}

if (process.argv.length < 3 || process.argv.length > 4) {
  console.error("usage: node build.mjs <folder> [<labels>]");
  process.exit(2);
}
await build(resolve(process.argv[2]), process.argv[3] ?? "");
