/**
 * The site's fonts, cut down to the characters that the page can show: a Japanese font has megabytes, this page needs
 * a few hundred of its characters. A label from configuration that needs others shows those in the system's font.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import subsetFont from "subset-font";

import { MESSAGES } from "../src/messages.js";

const resolve = createRequire(import.meta.url).resolve;

const PAGE = new URL("../src/index.html", import.meta.url);

const FONTS = {
  "dela-gothic-one.woff2": "@expo-google-fonts/dela-gothic-one/400Regular/DelaGothicOne_400Regular.ttf",
  "zen-maru-gothic-500.woff2": "@expo-google-fonts/zen-maru-gothic/500Medium/ZenMaruGothic_500Medium.ttf",
  "zen-maru-gothic-700.woff2": "@expo-google-fonts/zen-maru-gothic/700Bold/ZenMaruGothic_700Bold.ttf",
};

/** Kanji that names of mountains, villages and sweets like to use: the default labels are among them. */
const LABELS = "山里川海空森花月星雪春夏秋冬東西南北赤白黒青緑茶金銀大小中上下犬猫米麦豆肉魚甘辛派の々ヶ";

function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)).join("");
}

/** Every character the fonts must have: Latin, kana, the texts of both languages and of the page, and some for labels. */
export async function characters() {
  const texts = JSON.stringify(MESSAGES) + (await readFile(PAGE, "utf8"));
  const kana = range(0x3041, 0x3096) + range(0x30a1, 0x30fc);
  const all = range(0x20, 0x7e) + range(0xa1, 0xff) + "–—‘’“”…、。「」｜：" + kana + LABELS + texts;
  return [...new Set(all)].filter((character) => character >= " ").sort().join("");
}

/** Write each font's subset into `folder`. */
export async function subsetFonts(folder) {
  await mkdir(folder, { recursive: true });
  const text = await characters();
  for (const [name, source] of Object.entries(FONTS)) {
    const whole = await readFile(resolve(source));
    await writeFile(join(folder, name), await subsetFont(whole, text, { targetFormat: "woff2" }));
  }
}
