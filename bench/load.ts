/** When something was begun and done, in milliseconds of `performance.now()`. */
export interface Span {
  began: number;
  done: number;
}

/** Does the work for 0, 1, 2, … up to `count`, `width` of them at a time, and gives how long each took. */
export async function inFlight(count: number, width: number, work: (index: number) => Promise<void>): Promise<Span[]> {
  const spans: Span[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const began = performance.now();
      await work(index);
      spans.push({ began, done: performance.now() });
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
  return spans;
}

/** Ends per second between the first fifth and the last fifth of them, so that filling and draining don't count. */
export function steadyRate(spans: readonly Span[]): number {
  const ends = spans.map(({ done }) => done).sort((a, b) => a - b);
  const from = Math.floor(ends.length * 0.2);
  const to = Math.floor(ends.length * 0.8);
  return ((to - from) * 1_000) / ((ends[to] ?? NaN) - (ends[from] ?? NaN));
}

/** Ends per second from the first beginning to the last end. */
export function wholeRate(spans: readonly Span[]): number {
  const first = Math.min(...spans.map(({ began }) => began));
  const last = Math.max(...spans.map(({ done }) => done));
  return (spans.length * 1_000) / (last - first);
}
