import type { Test } from 'tap';
import {
  type Account,
  type PeopleProvider,
  peopleProvider,
  portalClient,
  redirectUri,
} from './fixtures/oidc/people-provider.js';
import { answersOf, readDocument } from './kit/documents.js';
import { type Answer, type Hub, startHub } from './roundhouse.js';

/** The values that `seeds/002` prints. */
export const portalDocument = readDocument<{
  readonly endpoints: Readonly<Record<string, { readonly answer?: unknown; readonly status?: number }>>;
  readonly events: Readonly<Record<string, unknown>>;
  readonly errors: Readonly<Record<string, unknown>>;
  readonly rateLimits: Readonly<Record<string, number>>;
}>('portal');

/** The printed example of an answer, such as `GET /api/v1/servers`. @throws if the document prints none. */
export const example = answersOf(portalDocument);

export const base = '/portal/api/v1';

/** A hub whose people sign in at a provider of the test's own. */
export async function startPortal(
  t: Test,
  env: Readonly<Record<string, string>> = {},
): Promise<{ hub: Hub; provider: PeopleProvider }> {
  const provider = await peopleProvider(t);
  const hub = await startHub(t, { env: { ...portalSettings(provider), ...env } });
  return { hub, provider };
}

export function portalSettings({ issuer }: PeopleProvider): Record<string, string> {
  return {
    ROUNDHOUSE_OIDC_ISSUER: issuer,
    ROUNDHOUSE_OIDC_CLIENT_ID: portalClient.id,
    ROUNDHOUSE_OIDC_CLIENT_SECRET: portalClient.secret,
  };
}

/** Begins a sign-in: the answer is a redirect, which is not followed. */
export function beginSignIn(hub: Hub, uri = redirectUri, path = `${base}/auth/login`): Promise<Answer> {
  return hub.call('POST', path, { redirect_uri: uri }, null, { redirect: 'manual' });
}

/** Signs a user in; returns the answer of the callback. */
export async function callback(hub: Hub, provider: PeopleProvider, account: Account): Promise<Answer> {
  const begun = await beginSignIn(hub);
  const location = begun.headers.get('location');
  if (location === null) throw new Error(`no redirect: ${begun.status} ${JSON.stringify(begun.body)}`);
  const back = await provider.signIn(location, account);
  const [code, state] = [back.searchParams.get('code'), back.searchParams.get('state')];
  return hub.call('POST', `${base}/auth/callback`, { code, state }, null);
}

/** The same for one who gets in. */
export async function signIn(hub: Hub, provider: PeopleProvider, account: Account) {
  const { status, body } = await callback(hub, provider, account);
  if (status !== 200) throw new Error(`not signed in: ${JSON.stringify(body)}`);
  return {
    token: body.access_token as string,
    refreshToken: body.refresh_token as string,
    user: body.user as { readonly id: string; readonly role: string; readonly email: string; readonly name: string },
  };
}

/** An account whose provider has verified its address. */
export function account(name: string, ...roles: readonly string[]): Account {
  return {
    sub: `sub-of-${name}`,
    email: `${name}@example.org`,
    email_verified: true,
    name: `${name} Example`,
    ...(roles.length === 0 ? {} : { roles }),
  };
}
