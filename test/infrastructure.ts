import { answersOf, readDocument } from './kit/documents.js';
import { ADMIN_PASSWORD, type Hub } from './roundhouse.js';

interface Example {
  readonly answer: unknown;
  /** Members of the answer that are there only in some states. */
  readonly sometimes?: readonly string[];
}

/** The values that `seeds/001` prints. */
export const infrastructureDocument = readDocument<{
  readonly endpoints: Readonly<Record<string, Example>>;
  readonly pagination: unknown;
  readonly error: unknown;
  readonly rateLimited: unknown;
  readonly codes: readonly string[];
  readonly rateLimits: Readonly<Record<'default' | 'kubernetes' | 'network', number>>;
  readonly operators: readonly string[];
}>('infrastructure');

/** The printed example of an answer, such as `GET /api/v1/users`. @throws if the document prints none. */
export const example = answersOf(infrastructureDocument);

export const base = '/infrastructure/api/v1';
export const PASSWORD = 'a password of the tests';

/** Signs in at this API; gives the answer's `data`. */
export async function signIn(hub: Hub, username = 'admin', password = ADMIN_PASSWORD) {
  const { status, body } = await hub.call('POST', `${base}/auth/login`, { username, password }, null);
  if (status !== 200) throw new Error(`not signed in: ${JSON.stringify(body)}`);
  return body.data as { readonly access_token: string; readonly refresh_token: string };
}

/** Makes a user and signs in. */
export async function newUser(hub: Hub, username: string, role: string) {
  const email = `${username}@example.org`;
  const made = await hub.call('POST', `${base}/users`, { username, email, password: PASSWORD, role });
  if (made.status !== 201) throw new Error(`not made: ${JSON.stringify(made.body)}`);
  const { access_token: token, refresh_token: refreshToken } = await signIn(hub, username, PASSWORD);
  return { id: made.body.data.id as string, email, password: PASSWORD, token, refreshToken };
}
