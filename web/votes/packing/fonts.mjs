/**
 * The site's fonts, cut down to the characters that the page can show: a Japanese font has megabytes, this page needs
 * a few hundred of its characters, and those of the labels that settings have.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import { Blob, Face } from "harfbuzzjs";
import subsetFont from "subset-font";

import { MESSAGES } from "../src/messages.js";

const resolve = createRequire(import.meta.url).resolve;

const PAGE = new URL("../src/index.html", import.meta.url);

const FONTS = {
  "dela-gothic-one.woff2": "@expo-google-fonts/dela-gothic-one/400Regular/DelaGothicOne_400Regular.ttf",
  "zen-maru-gothic-500.woff2": "@expo-google-fonts/zen-maru-gothic/500Medium/ZenMaruGothic_500Medium.ttf",
  "zen-maru-gothic-700.woff2": "@expo-google-fonts/zen-maru-gothic/700Bold/ZenMaruGothic_700Bold.ttf",
};

function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)).join("");
}

/** Every character the fonts must have: Latin, kana, the texts of both languages and of the page, and `labels`. */
export async function characters(labels) {
  const texts = JSON.stringify(MESSAGES) + (await readFile(PAGE, "utf8"));
  const kana = range(0x3041, 0x3096) + range(0x30a1, 0x30fc);
  const all = range(0x20, 0x7e) + range(0xa1, 0xff) + "–—‘’“”…、。「」｜：" + kana + texts + labels;
  return [...new Set(all)].filter((character) => character >= " ").sort().join("");
}

/**
 * Write each font's subset into `folder`.
 * @returns {Promise<string[]>} for each font that lacks characters of `labels`, a line that names them
 */
export async function subsetFonts(folder, labels) {
  await mkdir(folder, { recursive: true });
  const text = await characters(labels);
  const lines = [];
  for (const [name, source] of Object.entries(FONTS)) {
    const whole = await readFile(resolve(source));
    await writeFile(join(folder, name), await subsetFont(whole, text, { targetFormat: "woff2" }));
    const known = new Set(new Face(new Blob(whole)).collectUnicodes());
    const lacking = [...new Set(labels)].filter((character) => character >= " " && !known.has(character.codePointAt(0)));
    if (lacking.length) lines.push(`${name} lacks characters of labels, which browsers show in a font of their own: ${lacking.map(named).join(", ")}`);
  }
  return lines;
}

function named(character) {
  return `${character} (U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")})`;
}
