import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DocumentReference, VerificationInput } from '../src/contract';
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
  const put = (side: string, seed: number): string => {
    const file = path.join(folder, `${side}-${bytes}.jpg`);
    writeFileSync(file, jpegImage({ seed, bytes }));
    return file;
  };
  return { front: put('front', 1), back: put('back', 2) };
}

/** Copies of the photos in a folder of their own, as references that a verification takes. */
export function copyPhotos(photos: { front: string; back: string }, folder: string): References {
  mkdirSync(folder, { recursive: true });
  const copy = (side: 'front' | 'back'): DocumentReference => {
    const file = path.join(folder, side);
    copyFileSync(photos[side], file);
    return { uri: pathToFileURL(file).href };
  };
  return { front: copy('front'), back: copy('back') };
}

/** References to the photos as they are. */
export const referencesTo = ({ front, back }: { front: string; back: string }): References => ({
  front: { uri: pathToFileURL(front).href },
  back: { uri: pathToFileURL(back).href },
});
