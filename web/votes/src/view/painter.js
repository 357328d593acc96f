/** Draws at most once a frame, and not at all while nobody sees the page. */
export class Painter {
  #due = false;
  #asked = false;

  /** @param {{document: Document, frame: (draw: Function) => void, draw: () => void}} parts */
  constructor({ document, frame, draw }) {
    Object.assign(this, { document, frame, draw });
    document.addEventListener("visibilitychange", () => this.#ask());
  }

  /** Something changed. */
  touch() {
    this.#due = true;
    this.#ask();
  }

  #ask() {
    if (!this.#due || this.#asked || this.document.visibilityState === "hidden") return;
    this.#asked = true;
    this.frame(() => {
      this.#asked = false;
      this.#due = false;
      this.draw();
    });
  }
}
