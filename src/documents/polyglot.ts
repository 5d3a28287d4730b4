/** Where readers of PDF and of HTML look for the beginning of a file (PDF 1.7, implementation note 13; WHATWG MIME sniffing). */
const SNIFFED_BYTES = 1_445;
const OTHER_BEGINNING = /%PDF-|<(?:!doctype|html|head|body|script|iframe|svg|\?php)/i;

/** A ZIP ends with a record of 22 bytes and a comment of at most 65,535 (PKWARE APPNOTE 4.3.16). */
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1');
const ZIP_END_BYTES = 22;
export const TAIL_BYTES = ZIP_END_BYTES + 65_535;

/** Whether a file that begins as an image also begins as a page or a PDF for those who look further than they should. */
export function beginsTwice(head: Buffer): boolean {
  return OTHER_BEGINNING.test(head.toString('latin1', 1, SNIFFED_BYTES));
}

/** Whether a file, by its last `TAIL_BYTES`, is an archive for those who read from the end, as all readers of ZIP do. */
export function endsAsZip(tail: Buffer): boolean {
  for (let at = tail.indexOf(ZIP_END); at !== -1; at = tail.indexOf(ZIP_END, at + 1)) {
    const commentAt = at + ZIP_END_BYTES;
    if (commentAt <= tail.length && tail.readUInt16LE(commentAt - 2) === tail.length - commentAt) return true;
  }
  return false;
}
