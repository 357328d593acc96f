/** Keep the screen on: nobody touches a laptop that stands at a projector. */

/**
 * @param {Document} page
 * @param {WakeLock | undefined} wakeLock of the navigator; some browsers, and pages without TLS, have none
 */
export function stayAwake(page, wakeLock) {
  const ask = () => {
    if (page.visibilityState !== "visible") return; // the lock ends when the page is hidden
    wakeLock?.request("screen").catch((refused) => console.warn(refused)); // a low battery, say
  };
  page.addEventListener("visibilitychange", ask);
  ask();
}
