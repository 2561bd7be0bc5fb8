import { createHash } from 'node:crypto';

/** The longest name that MCP clients accept, characters. */
const MAX_LENGTH = 64;
const MAX_SERVER_PART = 20;
const HASH_LENGTH = 12;

const allowed = /^[A-Za-z0-9_-]+$/;

/**
 * The name of a server's tool or prompt where the hub offers many servers together. It depends on that server and that tool
 * alone, so it does not change when other servers come and go:
 *
 * - `server__tool`, where both consist of letters, digits, `_` and `-`, the server's name neither holds `__` nor ends with `_`,
 *   and the whole has at most 64 characters. Server names are unique, and the first `__` ends the server's part: no two tools
 *   share such a name.
 * - Otherwise `server_tool_hash`: both parts with every other character replaced by `_` and runs of `_` made one, shortened,
 *   and twelve characters (60 bits) of SHA-256 over the server's id and the tool's name. Such a name never holds `__`, so it
 *   never has the first form.
 */
export function exposedName(server: { readonly id: string; readonly name: string }, name: string): string {
  const plain = `${server.name}__${name}`;
  if (plain.length <= MAX_LENGTH && isPlainServer(server.name) && allowed.test(name)) return plain;
  const hash = createHash('sha256').update(server.id).update('\0').update(name).digest();
  const head = slug(server.name).slice(0, MAX_SERVER_PART);
  const rest = MAX_LENGTH - HASH_LENGTH - 2 - head.length;
  const parts = [head, slug(name).slice(0, rest)].map(trimmed).filter(Boolean);
  return [...parts, base32(hash).slice(0, HASH_LENGTH)].join('_');
}

function isPlainServer(name: string): boolean {
  return allowed.test(name) && !name.includes('__') && !name.endsWith('_');
}

function slug(text: string): string {
  return trimmed(text.replace(/[^A-Za-z0-9-]+/g, '_'));
}

function trimmed(text: string): string {
  return text.replace(/^_+|(?<!_)_+$/g, '');
}

const digits = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += digits[(value >> (bits - 5)) & 31];
  }
  return text;
}

const SCHEME = 'roundhouse://';

/**
 * The URI of a server's resource where the hub offers many servers together: `roundhouse://SERVER/URI`, with the server's name
 * percent-encoded, and the resource's own URI unchanged. Templates (RFC 6570) stay templates.
 */
export function exposedUri(serverName: string, uri: string): string {
  return `${SCHEME}${encodeURIComponent(serverName)}/${uri}`;
}

/** The server's name and the resource's own URI; `undefined` for a URI that {@link exposedUri} did not make. */
export function ownUri(exposed: string): { readonly server: string; readonly uri: string } | undefined {
  if (!exposed.startsWith(SCHEME)) return undefined;
  const slash = exposed.indexOf('/', SCHEME.length);
  if (slash < 0) return undefined;
  try {
    return { server: decodeURIComponent(exposed.slice(SCHEME.length, slash)), uri: exposed.slice(slash + 1) };
  } catch {
    return undefined;
  }
}
