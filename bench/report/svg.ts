import type { Plot } from '../measurement';

const [WIDTH, HEIGHT] = [720, 420];
const FRAME = { left: 70, right: 190, top: 44, bottom: 56 };
const COLOURS = ['#2563eb', '#d97706', '#059669', '#dc2626', '#7c3aed', '#475569'];

type Scale = (value: number) => number;

/** The plot as an SVG that stands alone: lines with dots, a legend at the right. */
export function svgOf({ title, x, y, series }: Plot): string {
  const points = series.flatMap((one) => one.points);
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  const across = scale(xs, x.log ?? false, FRAME.left, WIDTH - FRAME.right);
  const up = scale(ys, y.log ?? false, HEIGHT - FRAME.bottom, FRAME.top);
  const [middleX, middleY] = [(FRAME.left + WIDTH - FRAME.right) / 2, (FRAME.top + HEIGHT - FRAME.bottom) / 2];
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(WIDTH / 2, 22, title, 'font-size="14" font-weight="bold" text-anchor="middle"'),
    ...ticks(ys, y.log ?? false).flatMap((value) => [
      `<line x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${at(up(value))}" y2="${at(up(value))}" stroke="#e2e8f0"/>`,
      text(FRAME.left - 8, up(value) + 4, shortNumber(value), 'text-anchor="end"'),
    ]),
    ...ticks(xs, x.log ?? false).map((value) =>
      text(across(value), HEIGHT - FRAME.bottom + 18, shortNumber(value), 'text-anchor="middle"'),
    ),
    text(middleX, HEIGHT - 14, x.label, 'text-anchor="middle"'),
    text(18, middleY, y.label, `text-anchor="middle" transform="rotate(-90 18 ${at(middleY)})"`),
    ...series.flatMap((one, index) => seriesLines(one, index, across, up)),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function seriesLines({ name, points }: Plot['series'][number], index: number, across: Scale, up: Scale): string[] {
  const colour = COLOURS[index % COLOURS.length];
  const places = [...points].sort((a, b) => a[0] - b[0]).map(([x, y]) => [at(across(x)), at(up(y))] as const);
  const legend = FRAME.top + 14 + index * 20;
  const left = WIDTH - FRAME.right + 14;
  return [
    `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`),
    `<rect x="${left}" y="${legend - 9}" width="12" height="12" fill="${colour}"/>`,
    text(left + 18, legend + 1, name, ''),
  ];
}

function scale(values: readonly number[], log: boolean, from: number, to: number): Scale {
  const onAxis = (value: number): number => (log ? Math.log10(value) : value);
  const low = log ? onAxis(Math.min(...values)) : 0;
  const high = onAxis(Math.max(...values));
  return (value) => from + ((onAxis(value) - low) / (high - low || 1)) * (to - from);
}

/** Round numbers within the values: 1, 2, 5 of each power of ten, or five even steps from 0. */
function ticks(values: readonly number[], log: boolean): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (!log) return [0, 1, 2, 3, 4, 5].map((step) => (high / 5) * step);
  const powers = Array.from({ length: 16 }, (_, index) => 10 ** (index - 6));
  const within = powers.flatMap((power) => [power, 2 * power, 5 * power]).filter((tick) => tick >= low && tick <= high);
  return within.length > 0 ? within : [low, high];
}

const at = (value: number): number => Math.round(value * 10) / 10;
const shortNumber = (value: number): string => String(Number(value.toPrecision(3)));

function text(x: number, y: number, content: string, more: string): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${at(x)}" y="${at(y)}" fill="#0f172a" ${more}>${safe}</text>`;
}
