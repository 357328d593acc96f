/** Full screen, by a button and by the Enter key: a letter alone must not be a shortcut (WCAG 2.2, criterion 2.1.4). */

/** @param {HTMLButtonElement} button shown where the browser has full screen */
export function offerFullScreen(button) {
  if (!document.fullscreenEnabled) return;
  button.hidden = false;
  button.addEventListener("click", toggle);
  document.addEventListener("keydown", (event) => {
    // Enter on a button or a link is that one's.
    if (event.key === "Enter" && !event.repeat && event.target === document.body) toggle();
  });
}

function toggle() {
  const change = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  change.catch((refused) => console.warn(refused)); // the page is whole without it
}
