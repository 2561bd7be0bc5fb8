import type { HttpRequest } from 'uWebSockets.js';

/**
 * Whether all readers of a request agree where its body ends. The socket layer takes the first of two lengths, and `chunked` among other
 * codings: a proxy that takes the last would see another request behind this one (RFC 9112, section 6.3).
 */
export function isFramedOnce(req: HttpRequest): boolean {
  const coding = req.getHeader('transfer-encoding');
  if (coding !== '' && coding.toLowerCase() !== 'chunked') return false;
  if (coding === '' && req.getHeader('content-length') === '') return true;
  let lines = 0;
  req.forEach((name) => {
    if (name === 'content-length' || name === 'transfer-encoding') lines += 1;
  });
  return lines === 1;
}
