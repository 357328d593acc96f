/** The candidates' colours, as configured for light and for dark, where style and charts can use them. */

import { inkOn } from "../contrast.js";

const SIDES = ["first", "second"];

export class Palette {
  /**
   * @param {import("../config.js").Candidate[]} candidates
   * @param {() => void} changed the system went from light to dark, or back
   */
  constructor(candidates, changed) {
    this.candidates = candidates;
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", () => {
      this.#apply();
      changed();
    });
    this.#apply();
  }

  /** The colour of each candidate, in their order. */
  get colors() {
    return this.candidates.map(({ color }) => (this.dark.matches ? color.dark : color.light));
  }

  /** The value of a custom property of the style sheet. */
  token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  /** The size of the page's text, in px: a projector's is larger. */
  get fontSize() {
    return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  #apply() {
    const { style } = document.documentElement;
    this.colors.forEach((color, index) => {
      style.setProperty(`--${SIDES[index]}`, color);
      style.setProperty(`--${SIDES[index]}-ink`, inkOn(color));
    });
  }
}
