/**
 * Build the page: `node build.mjs [<folder>]`, by default where the package serves it from.
 *
 * What is built is in the repository: the stage is installed without Node.js. The same sources and the same lock file give
 * the same bytes, and a test builds it again.
 */

import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const SERVED = join(HERE, "..", "src", "aws_stage", "engines", "opensearch", "dashboards", "page");
const PARTS = [
  ["Chart.js", "chart.js/LICENSE.md"],
  ["@kurkle/color", "@kurkle/color/LICENSE.md"],
];

async function licence([part, file]) {
  const text = await readFile(join(HERE, "node_modules", file), "utf8");
  return `${part}\n${"=".repeat(part.length)}\n\n${text.replaceAll("\r\n", "\n").trim()}\n`;
}

async function build(folder) {
  await mkdir(folder, { recursive: true });
  await esbuild.build({
    entryPoints: { page: join(HERE, "src", "main.js") },
    outdir: folder,
    absWorkingDir: HERE,
    bundle: true,
    format: "iife",
    target: ["es2022", "chrome111", "firefox113", "safari16.4"],
    charset: "utf8",
    minify: true,
    legalComments: "none", // licences.txt has them whole
    logLevel: "warning",
  });
  for (const name of ["index.html", "page.css", "icon.svg"]) await cp(join(HERE, "src", name), join(folder, name));
  await writeFile(join(folder, "licences.txt"), (await Promise.all(PARTS.map(licence))).join("\n\n"));
}

await build(resolve(process.argv[2] ?? SERVED));
