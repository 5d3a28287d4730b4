/** The word of the list that a caller most likely meant, or null; `BR` gives `BRAZIL`, `BRASILIAN` gives `BRAZILIAN`. */
export function suggest(given: unknown, words: readonly string[]): string | null {
  if (typeof given !== 'string') return null;
  const wanted = given
    .trim()
    .toUpperCase()
    .replace(/[\s-]+/g, '_')
    .slice(0, 60);
  if (wanted.length < 2) return null;
  const tolerated = Math.max(1, Math.floor(wanted.length / 4));
  let best: { word: string; distance: number } | null = null;
  for (const word of words) {
    const distance = editDistance(wanted, word);
    if (distance <= tolerated && (best === null || distance < best.distance)) best = { word, distance };
  }
  return best?.word ?? words.find((word) => word.startsWith(wanted)) ?? null;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
