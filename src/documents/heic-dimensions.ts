/** Of one picture, in pixels. */
export interface Dimensions {
  width: number;
  height: number;
}

interface Box {
  type: string;
  content: Buffer;
}

const BOX_HEADER_BYTES = 8;
/** A `meta` box has a version and flags before the boxes in it. */
const FULL_BOX_BYTES = 4;

/**
 * The dimensions of all pictures in a HEIC file (tiles, thumbnails and the whole), read in one pass. Empty when the
 * header is not whole. Croppings are left out, because a decoder needs the memory before it crops.
 */
export function heicDimensions(head: Buffer): Dimensions[] {
  const meta = contentOf(head, 'meta').subarray(FULL_BOX_BYTES);
  const properties = contentOf(contentOf(meta, 'iprp'), 'ipco');
  return boxesIn(properties)
    .filter(({ type, content }) => type === 'ispe' && content.length >= 12)
    .map(({ content }) => ({ width: content.readUInt32BE(4), height: content.readUInt32BE(8) }));
}

function contentOf(data: Buffer, type: string): Buffer {
  return boxesIn(data).find((box) => box.type === type)?.content ?? Buffer.alloc(0);
}

/** The boxes that are whole; the special sizes 0 and 1 belong to pixel data, behind which no header is looked for. */
function boxesIn(data: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let start = 0; start + BOX_HEADER_BYTES <= data.length;) {
    const end = start + data.readUInt32BE(start);
    if (end < start + BOX_HEADER_BYTES || end > data.length) break;
    boxes.push({
      type: data.toString('latin1', start + 4, start + 8),
      content: data.subarray(start + BOX_HEADER_BYTES, end),
    });
    start = end;
  }
  return boxes;
}
