// Nodes of the page, and the two places that it speaks through.

export function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

export const page = () => document.getElementById("page");

// Told to screen readers; the same words twice are told twice.
export function tell(text) {
  const said = document.getElementById("said");
  said.textContent = said.textContent === text ? `${text}\u00a0` : text;
}

export function show(name, ...children) {
  const node = page();
  node.dataset.screen = name;
  node.replaceChildren(...children);
  scrollTo(0, 0);
}
