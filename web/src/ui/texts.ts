import type english from '../../public/widget-texts.json';

/**
 * The texts of the customer's chat. They are English, unless the page that embeds it has others (`data-texts` of
 * `widget.js`): an object from each English text to its own. `widget-texts.json` lists them all, for its translators.
 */
export type Text = keyof typeof english;

let texts: Readonly<Record<string, unknown>> = {};

/**
 * Takes the texts that `widget.js` left in the name of this frame: there they are before the first word is shown. Only a
 * page that may frame this one can put them there; a window's name comes from anybody.
 */
export function takeTexts(): void {
  if (window.parent === window) return;
  try {
    texts = Object(JSON.parse(window.name));
  } catch {
    // A frame of any other page.
  }
}

/** @param values what stands for `{name}` in the text */
export function t(text: Text, values: Readonly<Record<string, string | number>> = {}): string {
  const own = Object.hasOwn(texts, text) ? texts[text] : undefined;
  return (typeof own === 'string' ? own : text).replace(/\{(\w+)\}/g, (place, name: string) =>
    String(values[name] ?? place),
  );
}
