import { readFileSync } from 'node:fs';
import type { FrameLocator, Page } from 'playwright-core';
import type { Text } from '../../src/ui/texts.ts';

const file = new URL('../../public/widget-texts.json', import.meta.url);
const english: Readonly<Record<Text, string>> = JSON.parse(readFileSync(file, 'utf8'));

/** Another letter of another alphabet for each letter; the places of values stay. */
function inCyrillic(text: string): string {
  return text.replace(/\{\w+\}|[A-Za-z]/g, (found) =>
    found.length > 1 ? found : String.fromCodePoint(0x400 + (found.codePointAt(0) ?? 0)),
  );
}

/** Every text of the widget in a language without a Latin letter, for `data-texts`. */
export const CYRILLIC: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(english).map((text) => [text, inCyrillic(text)]),
);

/** A text of the widget in that language. */
export function own(text: Text, values: Readonly<Record<string, string | number>> = {}): string {
  return inCyrillic(text).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}

/** Everything with a Latin letter that the chat in the frame and its button show or tell a screen reader. */
export async function latinIn(shop: Page, widget: FrameLocator): Promise<readonly string[]> {
  const chat = await widget.locator('body').evaluate(latinBelow);
  const button = await shop.locator('.panel').evaluate(latinBelow);
  return [...chat, ...button];
}

/** Runs in the page. */
function latinBelow(top: Element): string[] {
  const told = ['aria-label', 'aria-description', 'aria-roledescription', 'title', 'placeholder', 'alt'];
  const texts: string[] = [];
  for (const element of [top, ...top.querySelectorAll('*')]) {
    if (['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(element.tagName)) continue;
    texts.push(...told.flatMap((name) => element.getAttribute(name) ?? []));
    for (const node of element.childNodes)
      if (node.nodeType === Node.TEXT_NODE) texts.push(node.textContent ?? '');
  }
  return texts.filter((text) => /[A-Za-z]/.test(text));
}
