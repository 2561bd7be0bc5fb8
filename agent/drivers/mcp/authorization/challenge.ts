/** The facts in a refusal about the accepted credentials (RFC 6750, RFC 9728). */
export interface Challenge {
  readonly error?: string | undefined;
  readonly scope?: string | undefined;
  /** Where the resource's metadata is. */
  readonly resourceMetadata?: string | undefined;
}

const longest = 16_384;

/** Reads `WWW-Authenticate`. Of several challenges the challenge for bearer tokens counts. */
export function readChallenge(header: string | undefined): Challenge {
  if (header === undefined || header.length > longest) return {};
  const start = /(?:^|,)\s*(?:bearer|dpop)\s+/i.exec(header);
  if (start === null) return {};
  const rest = header.slice(start.index + start[0].length);
  const found: Record<string, string> = {};
  const parameter = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,\s*|$)/y;
  for (let match = parameter.exec(rest); match !== null; match = parameter.exec(rest)) {
    const [, name = '', quoted, plain = ''] = match;
    found[name.toLowerCase()] ??= quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
  }
  return { error: found.error, scope: found.scope, resourceMetadata: found.resource_metadata };
}

/** Scopes of a list with spaces between them. */
export function scopesOf(text: string | undefined): string[] {
  return [...new Set((text ?? '').split(' ').filter((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)))];
}
