/** The licences of what the built site contains, as their texts ask for. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";

const PARTS = [
  ["Chart.js", "chart.js/LICENSE.md"],
  ["@kurkle/color", "@kurkle/color/LICENSE.md"],
  ["qr", "qr/LICENSE-MIT"],
  ["Dela Gothic One (a subset of its glyphs)", "@expo-google-fonts/dela-gothic-one/LICENSE_FONT"],
  ["Zen Maru Gothic (a subset of its glyphs)", "@expo-google-fonts/zen-maru-gothic/LICENSE_FONT"],
];

/** @param {string} here the folder that holds node_modules */
export async function licences(here) {
  const texts = PARTS.map(async ([part, file]) => {
    const text = await readFile(join(here, "node_modules", file), "utf8");
    return `${part}\n${"=".repeat(part.length)}\n\n${text.replaceAll("\r\n", "\n").trim()}\n`;
  });
  return (await Promise.all(texts)).join("\n\n");
}
