/** The longest description of a server that the agent keeps, characters. */
export const MAX_TEXT = 256;

/** A server may say anything. */
export function printable(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, MAX_TEXT);
}
