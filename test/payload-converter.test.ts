import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import { payloadConverter, UNDECODABLE } from '../src/payload-converter';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const encoded = (encoding: string, data: string): Payload => ({
  metadata: { encoding: bytes(encoding) },
  data: bytes(data),
});

test.each([
  ['an object', { front: { uri: 'file:///a' }, n: [1, null, 'é'] }],
  ['null', null],
  ['a number', 42],
  ['an empty text', ''],
  ['nothing', undefined],
])('gives %s back as it was written', (_, value) => {
  expect(payloadConverter.fromPayload(payloadConverter.toPayload<unknown>(value))).toEqual(value);
});

test('writes what the stock converter writes, so that any SDK can read it', () => {
  const value = { outcome: 'approved', attempts: [] };
  expect(toPayloads(payloadConverter, value)).toEqual(toPayloads(defaultPayloadConverter, value));
});

test.each([
  ['an unknown encoding', encoded('binary/encrypted', 'x')],
  ['broken JSON', encoded('json/plain', '{"front":')],
  ['JSON that is not UTF-8 text', { metadata: { encoding: bytes('json/plain') }, data: Uint8Array.of(0xff, 0xfe) }],
  ['protobuf of nobody', encoded('json/protobuf', '{}')],
  ['no encoding', { metadata: {}, data: bytes('{}') }],
  ['no metadata', { data: bytes('{}') }],
  ['an empty payload', {}],
  ['JSON without data', { metadata: { encoding: bytes('json/plain') } }],
])('gives a marker instead of throwing for %s', (_, payload: Payload) => {
  expect(payloadConverter.fromPayload(payload)).toBe(UNDECODABLE);
});
