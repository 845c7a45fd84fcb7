/** A Markdown table with numbers aligned to the right. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const isNumeric = headings.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(cellText).join(' | ')} |`;
  return [
    line(headings),
    `|${isNumeric.map((numeric) => (numeric ? '--:' : '---')).join('|')}|`,
    ...rows.map(line),
  ].join('\n');
}

function cellText(cell: string | number): string {
  return String(cell).replaceAll('|', '\\|');
}

/** Three significant digits, without an exponent. */
export function short(value: number): number {
  return Number(value.toPrecision(3));
}
