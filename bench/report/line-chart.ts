/** One line of a chart, and a band above it (p50 to p99), if there is any. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly high?: number }[];
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

const SIZE = { width: 720, height: 400 };
const PLOT = { left: 78, right: 700, top: 48, bottom: 340 };

/** Both axes logarithmic: constant is flat, proportional is a slope of one. */
export function lineChart({ title, xLabel, yLabel, series }: LineChart): string {
  const points = series.flatMap((one) => one.points);
  const xs = decades(points.map(({ x }) => x));
  const ys = decades(points.flatMap(({ y, high = y }) => [y, high]));
  const x = scale(xs, PLOT.left, PLOT.right);
  const y = scale(ys, PLOT.bottom, PLOT.top);
  const place = (point: { x: number; y: number }) => `${x(point.x)},${y(point.y)}`;
  const grid = [
    ...xs.map(
      (value) =>
        `<line x1="${x(value)}" x2="${x(value)}" y1="${PLOT.top}" y2="${PLOT.bottom}" stroke="#e4e4e4"/>` +
        `<text x="${x(value)}" y="${PLOT.bottom + 18}" text-anchor="middle">${tick(value)}</text>`,
    ),
    ...ys.map(
      (value) =>
        `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(value)}" y2="${y(value)}" stroke="#e4e4e4"/>` +
        `<text x="${PLOT.left - 8}" y="${y(value) + 4}" text-anchor="end">${tick(value)}</text>`,
    ),
  ];
  const lines = series.map((one, index) => {
    const band = one.points.some(({ high }) => high !== undefined)
      ? `<polygon fill="${one.colour}" opacity="0.15" points="${[
          ...one.points.map(place),
          ...one.points.toReversed().map((point) => place({ x: point.x, y: point.high ?? point.y })),
        ].join(' ')}"/>`
      : '';
    const legend = PLOT.left + 12 + index * 200;
    return [
      band,
      `<polyline fill="none" stroke="${one.colour}" stroke-width="2.5" points="${one.points.map(place).join(' ')}"/>`,
      ...one.points.map(
        (point) => `<circle cx="${x(point.x)}" cy="${y(point.y)}" r="4" fill="${one.colour}"/>`,
      ),
      `<rect x="${legend}" y="${PLOT.top + 10}" width="14" height="4" fill="${one.colour}"/>`,
      `<text x="${legend + 20}" y="${PLOT.top + 16}">${plain(one.name)}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" font-family="sans-serif" font-size="12" fill="#333">
<title>${plain(title)}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${PLOT.left}" y="26" font-size="15" font-weight="600">${plain(title)}</text>
${grid.join('\n')}
${lines.join('\n')}
<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 42}" text-anchor="middle">${plain(xLabel)}</text>
<text transform="translate(20 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">${plain(yLabel)}</text>
</svg>
`;
}

/** Powers of ten from below the least to above the greatest. */
export function decades(values: readonly number[]): readonly number[] {
  const positive = values.filter((value) => value > 0);
  const from = Math.floor(Math.log10(Math.min(...positive)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...positive))));
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}

function scale(ticks: readonly number[], from: number, to: number): (value: number) => number {
  const [low = 1, high = 10] = [ticks[0], ticks.at(-1)];
  const span = Math.log10(high) - Math.log10(low);
  return (value) =>
    Math.round((from + ((Math.log10(value) - Math.log10(low)) / span) * (to - from)) * 10) / 10;
}

function tick(value: number): string {
  return value >= 1 ? value.toLocaleString('en') : String(Number(value.toPrecision(1)));
}

function plain(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
