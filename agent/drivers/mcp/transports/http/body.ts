import type { IncomingMessage } from 'node:http';

/**
 * Reads a body as text.
 * @throws RangeError if the body is longer than the limit (the response is destroyed then), or the error of the network.
 */
export function readBody(response: IncomingMessage, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    response.on('data', (part: Buffer) => {
      bytes += part.length;
      parts.push(part);
      if (bytes <= limit) return;
      reject(new RangeError(`the answer is longer than ${limit} bytes`));
      response.destroy();
    });
    response.on('end', () =>
      resolve((parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)).toString('utf8')),
    );
    response.on('error', reject);
    response.on('close', () => {
      if (!response.complete) reject(new Error('the answer broke off'));
    });
  });
}

/** Reads an unused body to its end, so that its connection can serve another request. A long body is cut off instead. */
export function discard(response: IncomingMessage): void {
  let bytes = 0;
  response.on('error', () => {});
  response.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > 65_536) response.destroy();
  });
}

/** The first part of a body, for an error message; never fails. */
export async function readExcerpt(response: IncomingMessage, limit = 65_536): Promise<string> {
  return readBody(response, limit).catch(() => '');
}

/** The media type of a response, in lower case and without parameters. */
export function mediaType(response: IncomingMessage): string {
  const [type = ''] = (response.headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase();
}

/** The error in the body of a failed response: a JSON-RPC error with its message, or the first words of a text. */
export function errorInBody(body: string): { readonly message: string; readonly jsonrpc?: unknown } {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown; data?: unknown } };
    if (typeof error?.message === 'string' && typeof error.code === 'number') {
      const { code, message, data } = error;
      return { message: message.slice(0, 4096), jsonrpc: { code, message, data } };
    }
  } catch {
    // No JSON: shown as text.
  }
  return { message: body.replace(/\s+/g, ' ').trim().slice(0, 200) };
}
