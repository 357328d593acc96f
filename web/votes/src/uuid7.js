/**
 * UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then a 12-bit counter and 62 random bits.
 *
 * The time in the id is the time of the click, and ids of one page sort in the order they were made: within one
 * millisecond the counter grows (section 6.2, method 1), and a clock that steps back a little does not take the ids
 * with it. A clock that steps back further was wrong, and is followed: the server refuses ids that are ahead of it.
 */

const COUNTER_LIMIT = 0x1000;
/** A step back of the clock that ids do not follow, ms: less than the five minutes that the server lets them be ahead. */
const STEP_IGNORED_MS = 60_000;

/**
 * A maker of ids.
 * @param {{now: () => number, random: (bytes: number) => Uint8Array}} source the clock, in ms, and random bytes
 * @returns {() => string} each call gives a new id
 */
export function uuid7Maker({ now, random }) {
  let lastTime = -1;
  let counter = 0;
  return () => {
    const bytes = random(10);
    const time = now();
    if (time > lastTime || time < lastTime - STEP_IGNORED_MS) {
      lastTime = time;
      // The top bit starts at 0 and leaves room for 2,048 more ids in this millisecond.
      counter = ((bytes[0] << 8) | bytes[1]) & 0x7ff;
    } else if (++counter === COUNTER_LIMIT) {
      lastTime += 1;
      counter = 0;
    }
    bytes[2] = (bytes[2] & 0x3f) | 0x80;
    const milliseconds = lastTime.toString(16).padStart(12, "0");
    const tail = Array.from(bytes.subarray(2), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const version = "7" + counter.toString(16).padStart(3, "0");
    return [milliseconds.slice(0, 8), milliseconds.slice(8), version, tail.slice(0, 4), tail.slice(4)].join("-");
  };
}

/** The Unix milliseconds in a UUIDv7. */
export function mintedAt(id) {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Random bytes of the browser; `crypto.randomUUID` would need a secure context, this does not. */
export function randomBytes(count) {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** A UUIDv4 (RFC 9562, section 5.4). */
export function uuid4(random) {
  const bytes = random(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
