/**
 * Puts generated text between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`, and keeps the text around it.
 * @throws {Error} if the page lacks these markers
 */
export function fillIn(page: string, name: string, text: string): string {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`The page has no place for ${name}: ${open} … ${close}`);
  return `${page.slice(0, start + open.length)}\n${text.trim()}\n${page.slice(end)}`;
}
