import { steadyRate } from '../bench/load';
import { mostLooks, poll } from '../bench/polls';
import { svgOf } from '../bench/report/svg';
import { shown } from '../bench/results';
import { busiest, median, percentile } from '../bench/statistics';
import { LIMITS } from '../src/limits';

test('gives the middle value, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test('gives the smallest value that the share does not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 0.5)).toBe(50);
});

test('finds the busiest window, wherever it begins', () => {
  expect(busiest([0, 900, 1_000, 1_500, 1_899, 5_000], 1_000)).toBe(4);
});

test('leaves filling and draining out of a rate', () => {
  const spans = Array.from({ length: 100 }, (_, index) => ({ began: 0, done: 10_000 + index * 100 }));
  expect(steadyRate(spans)).toBeCloseTo(10);
});

test('looks until the decision is seen, and once after it', () => {
  const { looks, delayMs } = poll(LIMITS.pollFirst + 1, LIMITS, () => 0);
  expect(looks).toBe(2);
  expect(delayMs).toBe(LIMITS.pollFirst * LIMITS.pollFactor - 1);
});

test('takes no more calls for a decision of an hour than promised', () => {
  expect(mostLooks(3_600_000) + 2).toBeLessThanOrEqual(130);
});

test('shows a figure with its spread and its unit', () => {
  expect(shown({ values: [0.9, 1, 1.1], unit: '' })).toBe('1 (0.900 to 1.10)');
  expect(shown({ values: [120.4], unit: 'ms' })).toBe('120 ms');
});

test('draws each series with its name, and escapes what XML would read', () => {
  const points: [number, number][] = [
    [1, 10],
    [100, 1_000],
  ];
  const svg = svgOf({
    name: 'sample',
    title: 'a < b',
    x: { label: 'x', log: true },
    y: { label: 'y', log: true },
    series: [{ name: 'ours & theirs', points }],
  });
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('ours &amp; theirs');
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).not.toContain('NaN');
});
