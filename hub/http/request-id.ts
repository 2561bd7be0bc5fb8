import { randomUUID } from 'node:crypto';

/** Ids that go into logs and headers unchanged: no spaces, no quotes, nothing that a log reader would act on. */
const SANE = /^[A-Za-z0-9._~:+/=@-]{1,128}$/;

/** The client's `X-Request-ID` where it is a sane token of 1–128 characters, a new UUID otherwise. */
export function requestIdOf(header: string): string {
  return header !== '' && SANE.test(header) ? header : randomUUID();
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;
const VERSION_00_LENGTH = 55;

/** A W3C `traceparent` that can be passed on, or `''`: a broken one starts a new trace, as the recommendation has it. */
export function traceparentOf(header: string): string {
  if (header === '' || header.length > 256 || !TRACEPARENT.test(header)) return '';
  return header.startsWith('00-') && header.length !== VERSION_00_LENGTH ? '' : header;
}
