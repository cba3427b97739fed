/** Changes to elements that are none if they are as they should be: what people have selected in them stays. */

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Set an attribute; null takes it away. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

export function setHidden(element: Element, isHidden: boolean): void {
  setAttribute(element, "hidden", isHidden ? "" : null);
}
