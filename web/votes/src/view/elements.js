/** Making elements without markup in strings: the page's policy (Trusted Types) allows none. */

/** @returns {HTMLElement} `tag` with properties, attributes (`aria-…`, `data-…`, `role`) and children */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && !name.includes("-")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** The element with this id. */
export function find(id) {
  return document.getElementById(id);
}

/** Change a text only when it differs: an unchanged node costs no layout and is not read out again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
