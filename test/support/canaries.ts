import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { VerificationInput } from '../../src/contract';
import { photos, type Photos } from './end-to-end';

/** What is found again only if it got out. */
export interface Canaries {
  /** A test adds what it is given on the way, such as signatures. */
  values: Record<string, string | Buffer>;
  apiKey: string;
  /** Stands in the path of a document outside of the store. */
  fileName: string;
  /** A person all of whose data are canaries; the ending of the document id picks the sandbox's scenario. */
  person: (ending: string, more?: Partial<VerificationInput>) => VerificationInput;
  /** Photos with a marker inside; another number gives other photos. */
  photos: (seed: number) => Required<Photos>;
}

/** Made anew for each test, so that one does not find those of another. */
export function plantCanaries(): Canaries {
  const word = (name: string): string => `${name}${randomBytes(6).toString('hex')}`;
  const digits = (length: number): string => Array.from({ length }, () => randomInt(1, 10)).join('');
  const marker = Buffer.concat([Buffer.of(0xc3, 0x28, 0x9d), randomBytes(18)]);
  const personal = {
    ...{ firstName: word('Mirela'), lastName: word('Quintanilha'), address: `Rua ${word('Jacaranda')}, 7` },
    ...{ email: `${word('mail')}@example.com`, city: word('Vila'), postalCode: digits(14) },
  };
  const documentId = digits(18);
  const apiKey = word('key-');
  const fileName = word('scan-of-');
  return {
    values: {
      ...{ ...personal, documentId, apiKey, fileName, 'image bytes': marker, baggage: word('baggage') },
      ...{ 'credential of a form': 'AKIASANDBOXEXAMPLE00', 'policy of a form': base64('{"expiration":"20') },
      'signature field': 'X-Amz-Signature',
    },
    apiKey,
    fileName,
    person: (ending, more = {}) => ({ ...more, request: { ...REST, ...personal, documentId: documentId + ending } }),
    photos: (seed) => {
      const { front, back } = photos(seed);
      return { front: marked(front, marker), back: marked(back, marker) };
    },
  };
}

const REST = {
  ...{ birthDate: '15/01/1990', documentCategory: 'IDENTITY_CARD' as const, documentCountry: 'BRAZIL' },
  ...{ livenessRequired: false, nationality: 'BRAZILIAN' },
};

const base64 = (text: string): string => Buffer.from(text).toString('base64').replace(/=+$/, '');

/** The padding of a photo has room for it. */
function marked(photo: Buffer, marker: Buffer): Buffer {
  const room = photo.indexOf('x'.repeat(marker.length * 2));
  marker.copy(photo, room);
  return photo;
}

/** Looks for the canaries, in all the forms that they could have got, and counts where it looked. */
export class Search {
  /** Each as `canary in place`. */
  readonly found: string[] = [];
  readonly places: string[] = [];
  private readonly needles: [string, Buffer][];

  constructor(values: Canaries['values']) {
    this.needles = Object.entries(values).flatMap(([name, value]) =>
      formsOf(value).map((form): [string, Buffer] => [name, form]),
    );
  }

  in(place: string, content: string | Buffer): void {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
    this.places.push(place);
    const names = this.needles.filter(([, needle]) => bytes.includes(needle)).map(([name]) => name);
    this.found.push(...[...new Set(names)].map((name) => `${name} in ${place}`));
  }

  /** A file that a running server has removed since it was listed holds nothing any more. */
  inFiles(files: readonly string[]): void {
    for (const file of files) {
      try {
        this.in(file, readFileSync(file));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
}

/** As it is, as hex, as UTF-16 of both orders, in a URL, and what is the same wherever it begins within a base64. */
function formsOf(value: string | Buffer): Buffer[] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString('hex');
  const inBase64 = [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const own = whole.slice(shift === 0 ? 0 : shift + 1, -1);
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const asText = typeof value === 'string' ? [encodeURIComponent(value)] : [];
  const texts = [...new Set([hex, hex.toUpperCase(), ...inBase64, ...asText])];
  const wide = typeof value === 'string' ? [Buffer.from(value, 'utf16le'), Buffer.from(value, 'utf16le').swap16()] : [];
  return [bytes, ...wide, ...texts.map((text) => Buffer.from(text))];
}
