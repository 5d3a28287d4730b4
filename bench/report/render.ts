import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { goalShown, kept, shown, type Result } from '../results';
import { svgOf } from './svg';

const DOCS = path.resolve(__dirname, '..', '..', '..', '..', 'docs');
const PAGE = path.join(DOCS, 'performance.md');
const MARK = /(<!-- figures: ([\w-]+) -->)[\s\S]*?(<!-- \/figures -->)/g;

/**
 * Puts what `bench/results` holds into `docs/performance.md`, between the marks of each benchmark, and draws its plots
 * beside it. The words around the marks are written by hand. Throws an Error with a sentence when a mark is missing.
 */
export async function renderReport(): Promise<void> {
  const results = kept();
  const page = readFileSync(PAGE, 'utf8');
  const marked = [...page.matchAll(MARK)].map(([, , name]) => name);
  const missing = results.find(({ benchmark }) => !marked.includes(benchmark));
  if (missing !== undefined) throw new Error(`docs/performance.md has no place for ${missing.benchmark}.`);
  const rendered = page.replace(MARK, (_, open: string, name: string, close: string) => {
    const own = results.filter(({ benchmark }) => benchmark === name);
    return [open, ...own.flatMap(sectionOf), close].join('\n\n');
  });
  const config = (await resolveConfig(PAGE)) ?? {};
  writeFileSync(PAGE, await format(rendered, { ...config, parser: 'markdown' }));
}

function sectionOf(result: Result): string[] {
  const { command, where, machine, figures, conditions } = result;
  const rows = figures.map((figure) => {
    const { goal, met } = goalShown(figure);
    return `| ${figure.label} | ${shown(figure)} | ${figure.values.length} | ${goal} | ${met} |`;
  });
  return [
    `\`${command}\` (${where}; ${machine.cores} cores of ${machine.processor}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, ` +
      `Node ${machine.node}, Temporal SDK ${machine.temporalSdk}, commit ${machine.commit}, load ${machine.loadBefore} before)`,
    ['| figure | median (spread) | repeats | goal | met |', '|---|---|---|---|---|', ...rows].join('\n'),
    `${conditions.join('; ')}.`.replace('..', '.'),
    ...plotsOf(result),
  ];
}

function plotsOf({ plots = [], server }: Result): string[] {
  return plots.map((plot) => {
    const file = `performance/${plot.name}.${server}.svg`;
    if (!existsSync(path.join(DOCS, 'performance'))) mkdirSync(path.join(DOCS, 'performance'));
    writeFileSync(path.join(DOCS, file), svgOf(plot));
    return `![${plot.title}](${file})`;
  });
}
