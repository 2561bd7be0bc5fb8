import { DomainError } from '../../domain/errors.js';

/** A path of a table, taken apart: literal segments, and `null` where a parameter stands. */
export interface PathPattern {
  readonly segments: readonly (string | null)[];
  /** The parameters' names, in order. */
  readonly names: readonly string[];
}

/** Reads a pattern such as `/api/v1/servers/{id}/restart`. @throws Error where it is not one. */
export function parsePattern(path: string): PathPattern {
  if (!path.startsWith('/')) throw new Error(`path '${path}' must start with '/'`);
  const names: string[] = [];
  const segments = path
    .slice(1)
    .split('/')
    .map((segment) => {
      const name = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(segment)?.[1];
      if (name !== undefined) {
        if (names.includes(name)) throw new Error(`path '${path}' names '${name}' twice`);
        names.push(name);
        return null;
      }
      if (segment === '' || /[{}%?#]/.test(segment)) throw new Error(`path '${path}' has a bad segment '${segment}'`);
      return segment;
    });
  return { segments, names };
}

/**
 * The segments of a request's path, each decoded once: `%2F` stays inside its segment.
 * @throws DomainError `malformed` for broken percent-encoding, bytes that are not UTF-8, and NUL.
 */
export function splitPath(path: string): string[] {
  const segments = path.slice(1).split('/');
  if (path.includes('%')) for (const [i, segment] of segments.entries()) segments[i] = decode(segment);
  if (path.includes('\0')) throw malformedPath();
  return segments;
}

function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    throw malformedPath();
  }
  if (decoded.includes('\0')) throw malformedPath();
  return decoded;
}

function malformedPath(): DomainError {
  return new DomainError('malformed', 'The path is not valid percent-encoded UTF-8');
}
