import { AgentFailure } from '../failure.js';

/** Bytes that must be a JSON object on one line, as text; `{}` for none. @throws AgentFailure `invalid_argument`. */
export function objectText(bytes: Uint8Array, field: string): string {
  if (bytes.length === 0) return '{}';
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (text.startsWith('{') && text.endsWith('}') && !text.includes('\n')) {
    try {
      JSON.parse(text);
      return text;
    } catch {
      // Told below.
    }
  }
  throw new AgentFailure('invalid_argument', `${field} is not a JSON object on one line`, { field });
}
