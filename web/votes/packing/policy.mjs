/** What the browser may do on this page: the headers that the server sends, and the policy that the page brings itself. */

const DIRECTIVES = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self'",
  "font-src": "'self'",
  "connect-src": "'self' {{CONNECT_SRC}}",
  "base-uri": "'none'",
  "form-action": "'none'",
  "require-trusted-types-for": "'script'",
  "trusted-types": "'none'",
};

/** Browsers take this one from a header only (CSP level 3, section 3.3). */
const HEADER_ONLY = { "frame-ancestors": "'none'" };

const written = (directives) => Object.entries(directives).map((pair) => pair.join(" ")).join("; ");

/** The policy as index.html has it. */
export function metaPolicy() {
  return written(DIRECTIVES);
}

/** Every security header of the site, by name. */
export function headers() {
  return {
    "Content-Security-Policy": written({ ...DIRECTIVES, ...HEADER_ONLY }),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
  };
}
