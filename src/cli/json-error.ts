const BLANK = /[ \t\n\r]*/y;
const SCALAR =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const KEY = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** The offset of the first thing that is no JSON; the text's length if it only ends too early or is fine. */
export function findJsonError(text: string): number {
  const scanner = new Scanner(text);
  if (scanner.value()) scanner.skip(BLANK);
  return scanner.offset;
}

/** Reads JSON as far as it goes; each method says whether it found what it looks for. */
class Scanner {
  offset = 0;

  constructor(private readonly text: string) {}

  value(): boolean {
    this.skip(BLANK);
    const opening = this.text[this.offset];
    if (opening === '{') return this.list('}', () => this.member());
    if (opening === '[') return this.list(']', () => this.value());
    return this.skip(SCALAR);
  }

  skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.offset;
    const found = pattern.exec(this.text);
    this.offset += found?.[0].length ?? 0;
    return found !== null;
  }

  private member(): boolean {
    return this.skip(KEY) && this.take(':') && this.value();
  }

  private list(closing: string, entry: () => boolean): boolean {
    this.offset += 1;
    if (this.take(closing)) return true;
    do {
      this.skip(BLANK);
      if (!entry()) return false;
    } while (this.take(','));
    return this.take(closing);
  }

  private take(character: string): boolean {
    this.skip(BLANK);
    if (this.text[this.offset] !== character) return false;
    this.offset += 1;
    return true;
  }
}
