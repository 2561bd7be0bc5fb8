import { readFileSync } from 'node:fs';

/** The least content of a reference document's copy: its endpoints, such as `GET /api/v1/status`, with their printed answers. */
interface Printed {
  readonly endpoints: Readonly<Record<string, { readonly answer?: unknown }>>;
}

/** The documents of `test/fixtures/documents`. */
type DocumentName =
  | 'automation'
  | 'automation-logs-alerts'
  | 'automation-tests'
  | 'backend'
  | 'connect'
  | 'infrastructure'
  | 'portal';

/** Reads the content of a reference document. */
// biome-ignore lint/suspicious/noExplicitAny: examples have the shape that the document gives them
export function readDocument<D extends Printed = any>(name: DocumentName): D {
  return JSON.parse(readFileSync(new URL(`../fixtures/documents/${name}.json`, import.meta.url), 'utf8')) as D;
}

/** Gives the way to the printed answers of a document's endpoints. It throws where the document prints none. */
export function answersOf({ endpoints }: Printed) {
  // biome-ignore lint/suspicious/noExplicitAny: an example has the shape that the document gives it
  return (endpoint: string): any => {
    const answer = endpoints[endpoint]?.answer;
    if (answer === undefined) throw new Error(`the document prints no answer of ${endpoint}`);
    return answer;
  };
}
