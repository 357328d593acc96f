/** Which ink reads best on a colour that configuration chose (WCAG 2.2, relative luminance and contrast ratio). */

const INKS = ["#ffffff", "#1b120b"];

/** Relative luminance, 0 to 1, of `#rgb` or `#rrggbb`. */
export function luminance(color) {
  const [red, green, blue] = channels(color).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast ratio of two colours, 1 to 21. */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** The ink that reads best on `color`. */
export function inkOn(color) {
  return INKS.reduce((best, ink) => (contrast(ink, color) > contrast(best, color) ? ink : best));
}

function channels(color) {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color)?.[1];
  if (!digits) throw new TypeError(`not a colour of the form #rrggbb: ${color}`);
  const full = digits.length === 3 ? [...digits].map((digit) => digit + digit) : digits.match(/../g);
  return full.map((pair) => Number.parseInt(pair, 16));
}
