import type { Test } from 'tap';
import { answersOf, readDocument } from './kit/documents.js';

interface DocumentedEndpoint {
  /** Where in the document it stands. */
  readonly section: string;
  /** The printed example of its answer; absent where the document prints none. */
  readonly answer?: unknown;
  /** The same for answers that are not JSON. */
  readonly text?: string;
}

interface Document {
  readonly endpoints: Readonly<Record<string, DocumentedEndpoint>>;
  /** The section "Error Handling". */
  readonly errors: {
    readonly answer: unknown;
    /** By code. */
    readonly statuses: Readonly<Record<string, number>>;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** The section "cURL", as printed. */
  readonly curl: { readonly text: string };
  // biome-ignore lint/suspicious/noExplicitAny: examples have whatever shape the document gives them
  readonly requests: Readonly<Record<string, any>>;
  readonly transports: { readonly values: readonly Readonly<Record<string, unknown>>[] };
  readonly auths: { readonly values: readonly Readonly<Record<string, unknown>>[] };
}

/** The content of `seeds/003`. */
export const connectDocument = readDocument<Document>('connect');
const { endpoints } = connectDocument;

/** All endpoints of `seeds/003`, as `GET /api/servers/{id}`. */
export const documentedEndpoints = Object.keys(endpoints);

/** The printed answer of an endpoint, such as `GET /api/groups`. @throws if the document prints none. */
export const documented = answersOf(connectDocument);

/** The same for an answer that is not JSON: its text. @throws where it prints none. */
export function documentedText(endpoint: string): string {
  const text = endpoints[endpoint]?.text;
  if (text === undefined) throw new Error(`the document prints no text of ${endpoint}`);
  return text;
}

/** Whether the document prints a JSON answer of an endpoint. */
export function isDocumented(endpoint: string): boolean {
  return endpoints[endpoint]?.answer !== undefined;
}

/**
 * Asserts that a value has the keys and types of an example, recursively. More keys are fine; `null` goes with everything;
 * a time has to be a time; each element of an array has to be like one of the example's, and a list of objects must not
 * be empty where the example's is not: nothing would be compared. `{}` takes any object and `[]` any array.
 *
 * @example
 * const { body } = await hub.call('GET', '/api/groups');
 * sameShape(t, body, documented('GET /api/groups'));
 */
export function sameShape(t: Test, actual: unknown, example: unknown, message = 'has the documented shape'): boolean {
  return t.same([...differences(actual, example, '')], [], message);
}

/** The document gives no shape to these fields: a tool's author or caller fills them. */
const foreign = new Set(['inputSchema', 'arguments']);

const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const date = /^\d{4}-\d{2}-\d{2}$/;

/** Each difference as `path: problem`. */
export function* differences(actual: unknown, example: unknown, path: string): Generator<string> {
  if (example === null || actual === null) return;
  const at = path || 'the answer';
  if (typeOf(actual) !== typeOf(example)) {
    yield `${at}: ${actual === undefined ? 'missing' : typeOf(actual)} where the document has ${typeOf(example)}`;
  } else if (Array.isArray(actual) && Array.isArray(example)) {
    yield* arrayDifferences(actual, example, path);
  } else if (typeof example === 'object') {
    for (const [key, value] of Object.entries(example)) {
      const expected = foreign.has(key) ? {} : value;
      yield* differences((actual as Record<string, unknown>)[key], expected, path ? `${path}.${key}` : key);
    }
  } else if (typeof example === 'string') {
    for (const form of [time, date])
      if (form.test(example) && !form.test(String(actual))) yield `${at}: '${actual}' is not of the form ${example}`;
  }
}

function* arrayDifferences(actual: readonly unknown[], example: readonly unknown[], path: string): Generator<string> {
  const [first] = example;
  if (first === undefined) return;
  // A part of a list's element may be empty for one of the elements.
  const isList = !path.includes('[');
  if (isList && actual.length === 0 && typeof first === 'object') yield `${path}: empty, so nothing was compared`;
  for (const [i, element] of actual.entries()) {
    const where = `${path}[${i}]`;
    const fits = example.some((candidate) => differences(element, candidate, where).next().done);
    if (!fits) yield* differences(element, first, where);
  }
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}
