/** One bar, of parts in order. */
export interface Bar {
  readonly name: string;
  readonly parts: Readonly<Record<string, number>>;
}

const COLOURS = ['#1f6feb', '#8250df', '#bf3989', '#d4730f', '#2da44e', '#6e7781'];
const BAR = { height: 20, gap: 10, left: 290, right: 640, top: 66 };
const WIDTH = 720;

/** Horizontal bars, stacked; the sum stands at the end. */
export function barChart(title: string, bars: readonly Bar[], format: (value: number) => string): string {
  const names = [...new Set(bars.flatMap(({ parts }) => Object.keys(parts)))];
  const sums = bars.map(({ parts }) => Object.values(parts).reduce((sum, value) => sum + value, 0));
  const most = Math.max(...sums);
  const width = (value: number) => Math.round((value / most) * (BAR.right - BAR.left) * 10) / 10;
  const rows = bars.map(({ name, parts }, index) => {
    const y = BAR.top + index * (BAR.height + BAR.gap);
    let x = BAR.left;
    const rects = names.map((part, colour) => {
      const size = width(parts[part] ?? 0);
      const rect = `<rect x="${x}" y="${y}" width="${size}" height="${BAR.height}" fill="${COLOURS[colour % COLOURS.length]}"/>`;
      x = Math.round((x + size) * 10) / 10;
      return rect;
    });
    return [
      `<text x="${BAR.left - 8}" y="${y + 14}" text-anchor="end">${plain(name)}</text>`,
      ...rects,
      `<text x="${x + 6}" y="${y + 14}">${format(sums[index] ?? 0)}</text>`,
    ].join('\n');
  });
  const legend = names.map((name, index) => {
    const x = 20 + index * 116;
    return `<rect x="${x}" y="40" width="12" height="12" fill="${COLOURS[index % COLOURS.length]}"/><text x="${x + 17}" y="50">${plain(name)}</text>`;
  });
  const height = BAR.top + bars.length * (BAR.height + BAR.gap) + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="sans-serif" font-size="12" fill="#333">
<title>${plain(title)}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="20" y="24" font-size="15" font-weight="600">${plain(title)}</text>
${legend.join('\n')}
${rows.join('\n')}
</svg>
`;
}

function plain(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
