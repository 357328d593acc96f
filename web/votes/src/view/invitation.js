/** How to join: the page's address as a QR code and in letters, and how many have. */

import encodeQR from "qr";

import { find, make, setText } from "./elements.js";

/** Modules of white around the code, which scanners need (ISO/IEC 18004, quiet zone). */
const QUIET_ZONE = 4;

export class Invitation {
  /** @param {URL} address where people vote */
  constructor(address) {
    this.address = address.href;
    const rows = encodeQR(this.address, "raw", { ecc: "medium", border: QUIET_ZONE }); // true is dark
    const squares = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
    find("qr").setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
    find("qr").firstElementChild.setAttribute("d", squares.join(""));
    // Without the scheme, which nobody types, and breakable where a line may end.
    const parts = `${address.host}${address.pathname.replace(/\/$/, "")}`.split(/(?<=[./-])/);
    find("address").replaceChildren(...parts.flatMap((part) => [part, make("wbr")]));
  }

  draw({ speech, total, online }) {
    find("qr").setAttribute("aria-label", speech.say("qrCode", { address: this.address }));
    setText(find("present-total"), total === null ? "–" : speech.say("votes", { count: total }));
    setText(find("present-online"), online === null ? "–" : speech.say("people", { count: online }));
  }
}
