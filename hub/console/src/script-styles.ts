/**
 * Makes the styles of libraries work that write style elements and style attributes. The policy of the page forbids these, because foreign texts
 * could contain some. Here they become style sheets and style properties, which only scripts can set.
 */
export function takeScriptStyles(): void {
  if (isTaken) return;
  const createElement = document.createElement.bind(document);
  isTaken = true;
  document.createElement = (tag: string, options?: ElementCreationOptions) => {
    if (tag === 'style') return sheetElement(createElement('template'));
    const element = createElement(tag, options);
    if (tag !== 'span') return element;
    const setAttribute = element.setAttribute.bind(element);
    element.setAttribute = (name, value) => {
      if (name === 'style') element.style.cssText = value;
      else setAttribute(name, value);
    };
    return element;
  };
}

let isTaken = false;

/** Replaces a style element by an element whose text becomes a style sheet of the page. */
function sheetElement(element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  Object.defineProperty(element, 'textContent', { set: (text: string) => sheet.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((kept) => kept !== sheet);
    HTMLElement.prototype.remove.call(element);
  };
  return element;
}
