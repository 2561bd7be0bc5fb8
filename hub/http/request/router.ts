import type { Door } from '../../domain/access/caller.js';
import type { Method } from '../endpoint.js';
import { parsePattern, splitPath } from './path.js';

/** The parts of an endpoint that the router needs. */
export interface Routable {
  readonly api: Door;
  readonly method: Method;
  /** As the API's document prints it. */
  readonly path: string;
  /** Only below the API's base, not at the plain path. */
  readonly baseOnly?: boolean;
  /** Only at the plain path. */
  readonly plainOnly?: boolean;
}

/** The endpoint of a method and a path. */
export interface Match<T> {
  /** The endpoints that claim them, one per API at most, in the order in which the APIs win. */
  readonly targets: readonly T[];
  /** The parameters' values, in the order of the path; each endpoint has its own names for them. */
  readonly values: readonly string[];
}

/** The API that wins a shared path, when nothing else decides. `connect` shares no path with `backend`. */
const precedence: readonly Door[] = ['automation', 'infrastructure', 'portal', 'backend', 'connect', 'mcp'];

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  parameter: Node<T> | undefined;
  readonly targets: Map<Method, T[]>;
}

/**
 * All endpoints of all APIs, each at its API's base (`/connect/api/servers`) and at the plain path of its document. Computed once;
 * a request costs one look-up. Parameters at the same place are the same path, whatever each API calls them. A literal segment wins
 * over a parameter among the paths that know the method: `GET /servers/bulk` is a server's name where only `POST /servers/bulk` exists.
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

  /** The endpoints of every method at this path, and of all patterns that fit it: the candidates for a wrong method. */
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
