/**
 * The words of the customer's chat. They are English, unless the page that embeds it has others (`data-texts` of
 * `widget.js`): an object from each English text to its own.
 */

export type Texts = Readonly<Record<string, string>>;

let texts: Texts = {};

export function setTexts(own: unknown): void {
  if (typeof own !== 'object' || own === null) return;
  texts = Object.fromEntries(Object.entries(own).filter(([, text]) => typeof text === 'string'));
}

/** @param values what stands for `{name}` in the text */
export function t(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  const own = Object.hasOwn(texts, text) ? (texts[text] ?? text) : text;
  return own.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
