/**
 * How long to wait before trying again: exponential with full jitter, so that a crowd that failed together does not
 * come back together (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).
 */
export class Backoff {
  /** @param {{base: number, cap: number, random: () => number}} settings first and longest wait in ms, and chance in [0, 1) */
  constructor({ base, cap, random }) {
    Object.assign(this, { base, cap, random, failures: 0 });
  }

  /**
   * Note a failure and say how long to wait, in ms: at least `atLeast` (what the server asked for), and never so little
   * that it is no wait at all.
   */
  next(atLeast = 0) {
    const ceiling = Math.min(this.cap, this.base * 2 ** this.failures);
    this.failures += 1;
    return atLeast + Math.round(this.base / 4 + this.random() * (ceiling - this.base / 4));
  }

  reset() {
    this.failures = 0;
  }
}

/** The wait a `Retry-After` header asks for, in ms; 0 without one (RFC 9110, section 10.2.3: seconds or a date). */
export function retryAfter(header, now) {
  if (!header) return 0;
  const wait = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.max(0, wait) : 0;
}
