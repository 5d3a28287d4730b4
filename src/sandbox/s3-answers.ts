import { randomBytes } from 'node:crypto';
import type { Answer } from './answers';
import type { S3Refusal } from './s3-policy';

/** The 204 of a stored object. */
export function s3Stored(md5: string, location: string): Answer {
  const headers = { ...s3Headers(), etag: `"${md5}"`, location };
  return { kind: 'answer', status: 204, headers, body: '' };
}

/** A refusal of S3 as its XML. */
export function s3Refusal({ status, code, message, extras = {} }: S3Refusal): Answer {
  const headers = { ...s3Headers(), 'content-type': 'application/xml' };
  const elements = {
    Code: code,
    Message: message,
    ...extras,
    RequestId: headers['x-amz-request-id'],
    HostId: headers['x-amz-id-2'],
  };
  const inner = Object.entries(elements).map(([name, text]) => `<${name}>${escapeXml(text)}</${name}>`);
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner.join('')}</Error>`;
  return { kind: 'answer', status, headers, body };
}

function s3Headers(): Record<'x-amz-id-2' | 'x-amz-request-id' | 'server', string> {
  return {
    'x-amz-id-2': randomBytes(48).toString('base64'),
    'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(),
    server: 'AmazonS3',
  };
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
