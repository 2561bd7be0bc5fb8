import type { ApiName, Door } from '../../domain/access/caller.js';
import { DomainError } from '../../domain/errors.js';
import type { Method } from '../endpoint.js';

/** The parts of an endpoint that the router needs. */
export interface Routable {
  readonly api: Door;
  readonly method: Method;
  /** The path in the API's document. */
  readonly path: string;
  /** Only below the API's base, not at the plain path. */
  readonly baseOnly?: boolean;
  /** Only at the plain path. */
  readonly plainOnly?: boolean;
}

/** The endpoint of a method and a path. */
export interface Match<T> {
  /** The endpoints with this method and path, at most one per API, in the order of precedence. */
  readonly targets: readonly T[];
  /** The parameters' values, in the order of the path; each endpoint has its own names for them. */
  readonly values: readonly string[];
}

/** The APIs in the order in which they win a shared path, if nothing else decides. `connect` shares no path with `backend`. */
const precedence: readonly Door[] = ['automation', 'infrastructure', 'portal', 'backend', 'connect', 'mcp'];

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  parameter: Node<T> | undefined;
  readonly targets: Map<Method, T[]>;
}

/**
 * All endpoints of all APIs, each at its API's base (`/connect/api/servers`) and at the plain path of its document. Computed once; a request costs
 * one look-up. Paths that differ only in the names of their parameters are the same path. Among the paths that have the method, a literal segment
 * wins over a parameter: `bulk` in `GET /servers/bulk` is the name of a server, since only `POST /servers/bulk` exists.
 */
export class Router<T extends Routable> {
  readonly #root: Node<T> = newNode();
  /** Paths without parameters, by their exact text. */
  readonly #fixed = new Map<string, Map<Method, Match<T>>>();

  /** @throws Error where an API defines a method and path twice. */
  constructor(targets: readonly T[]) {
    for (const target of targets) {
      if (!target.baseOnly) this.#mount(target, target.path);
      if (!target.plainOnly) this.#mount(target, `/${target.api}${target.path}`);
    }
  }

  /** @throws DomainError `malformed` where the path cannot be decoded. */
  match(method: Method, path: string): Match<T> | undefined {
    const fixed = this.#fixed.get(path)?.get(method);
    if (fixed) return fixed;
    const values: string[] = [];
    const targets = find(this.#root, splitPath(path), 0, method, values);
    return targets && { targets, values };
  }

  /** The endpoints of all methods and of all patterns that match this path. The answer to a wrong method names their methods. */
  at(path: string): readonly T[] {
    const found: T[] = [];
    collect(this.#root, splitPath(path), 0, found);
    return found;
  }

  #mount(target: T, path: string): void {
    const { segments, names } = parsePattern(path);
    let node = this.#root;
    for (const segment of segments) node = descend(node, segment);
    let targets = node.targets.get(target.method);
    if (!targets) {
      targets = [];
      node.targets.set(target.method, targets);
    }
    if (targets.some((other) => other.api === target.api))
      throw new Error(`${target.api} defines ${target.method} ${path} twice`);
    targets.push(target);
    targets.sort((a, b) => precedence.indexOf(a.api) - precedence.indexOf(b.api));
    if (names.length > 0) return;
    const methods = this.#fixed.get(path) ?? new Map<Method, Match<T>>();
    methods.set(target.method, { targets, values: [] });
    this.#fixed.set(path, methods);
  }
}

function newNode<T>(): Node<T> {
  return { literals: new Map(), parameter: undefined, targets: new Map() };
}

function descend<T>(node: Node<T>, segment: string | null): Node<T> {
  if (segment === null) {
    node.parameter ??= newNode();
    return node.parameter;
  }
  let next = node.literals.get(segment);
  if (!next) {
    next = newNode();
    node.literals.set(segment, next);
  }
  return next;
}

function find<T>(
  node: Node<T>,
  segments: readonly string[],
  index: number,
  method: Method,
  values: string[],
): readonly T[] | undefined {
  const segment = segments[index];
  if (segment === undefined) return node.targets.get(method);
  const literal = node.literals.get(segment);
  if (literal) {
    const found = find(literal, segments, index + 1, method, values);
    if (found) return found;
  }
  if (!node.parameter || segment === '') return undefined;
  values.push(segment);
  const found = find(node.parameter, segments, index + 1, method, values);
  if (!found) values.pop();
  return found;
}

function collect<T>(node: Node<T>, segments: readonly string[], index: number, found: T[]): void {
  const segment = segments[index];
  if (segment === undefined) {
    for (const targets of node.targets.values()) found.push(...targets);
    return;
  }
  const literal = node.literals.get(segment);
  if (literal) collect(literal, segments, index + 1, found);
  if (node.parameter && segment !== '') collect(node.parameter, segments, index + 1, found);
}

/** The segments of a path of a table; `null` for a parameter. */
export interface PathPattern {
  readonly segments: readonly (string | null)[];
  /** The parameters' names, in order. */
  readonly names: readonly string[];
}

/** Reads a pattern such as `/api/v1/servers/{id}/restart`. @throws Error for a text that is no pattern */
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
function splitPath(path: string): string[] {
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

/** The part of a request that chooses between the APIs of a shared path, besides the credential. */
export type DecidedBy = 'login' | 'refresh' | undefined;

/** The endpoint of the API that issued the credential, if that API is a candidate; the only candidate, where there is one. */
export function byIssuer<T extends Routable>(targets: readonly T[], issuer: ApiName | null): T | undefined {
  if (targets.length === 1) return targets[0];
  return issuer === null ? undefined : targets.find((target) => target.api === issuer);
}

/** Whether the body chooses the API that answers: sign-in and refresh carry no credential yet. */
export function decidedBy(targets: readonly Routable[]): DecidedBy {
  const first = targets[0];
  if (targets.length < 2 || first === undefined) return undefined;
  if (first.path.endsWith('/auth/login')) return 'login';
  return first.path.endsWith('/auth/refresh') ? 'refresh' : undefined;
}

/**
 * The endpoint that the body of a sign-in or of a refresh belongs to; `undefined` if the body does not tell.
 * @param fields the members of each endpoint's body
 * @param issuer the API that issued a token, unverified
 */
export function byBody<T extends Routable>(
  targets: readonly T[],
  decided: DecidedBy,
  body: unknown,
  fields: (target: T) => readonly string[],
  issuer: (token: string) => ApiName | null,
): T | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  if (decided === 'login') {
    const telling = ['username', 'redirect_uri'].find((name) => Object.hasOwn(body, name));
    return telling === undefined ? undefined : targets.find((target) => fields(target).includes(telling));
  }
  const token: unknown = (body as { refresh_token?: unknown }).refresh_token;
  return decided === 'refresh' && typeof token === 'string' ? byIssuer(targets, issuer(token)) : undefined;
}

/**
 * The API whose form an error has if no endpoint matches. It is the API whose base the path is under, else the issuer of the credential, else
 * automation below `/api/v1`, else connect. APIs that are not mounted do not count.
 */
export function formFor<N extends Door>(path: string, issuer: ApiName | null, mounted: readonly N[]): N {
  const base = path.slice(1, path.indexOf('/', 1) === -1 ? undefined : path.indexOf('/', 1));
  const wanted: readonly (string | null)[] = [
    base,
    issuer,
    path === '/api/v1' || path.startsWith('/api/v1/') ? 'automation' : 'connect',
  ];
  for (const name of wanted) {
    const found = mounted.find((api) => api === name);
    if (found !== undefined) return found;
  }
  const [first] = mounted;
  if (first === undefined) throw new Error('no API is mounted');
  return first;
}
