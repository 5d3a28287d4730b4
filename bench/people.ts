import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { VerificationInput } from '../src/contract';
import { jpegImage } from '../test/support/images';

/** About what a phone's photo has once an app has made it smaller. */
export const PHOTO_BYTES = 60_000;

type References = Required<NonNullable<VerificationInput['documents']>>;

/** A made-up person with an identity card, which has two sides. */
export const request: VerificationInput['request'] = {
  firstName: 'Ana',
  lastName: 'Exemplo',
  birthDate: '15/01/1990',
  documentCategory: 'IDENTITY_CARD',
  documentCountry: 'BRAZIL',
  documentId: '12345678900',
  livenessRequired: false,
};

/** Photos of both sides in the folder. */
export function putPhotos(folder: string, bytes = PHOTO_BYTES): { front: string; back: string } {
  const photos = photosOf(bytes);
  const put = (side: 'front' | 'back'): string => {
    const file = path.join(folder, `${side}-${bytes}.jpg`);
    writeFileSync(file, photos[side]);
    return file;
  };
  return { front: put('front'), back: put('back') };
}

/** The same photos as bytes. */
export const photosOf = (bytes = PHOTO_BYTES): Record<'front' | 'back', Buffer> => ({
  front: jpegImage({ seed: 1, bytes }),
  back: jpegImage({ seed: 2, bytes }),
});

/** References to the photos as they are. */
export const referencesTo = ({ front, back }: { front: string; back: string }): References => ({
  front: { uri: pathToFileURL(front).href },
  back: { uri: pathToFileURL(back).href },
});
