import { Roundhouse, RoundhouseError } from '@roundhouse/sdk';

/** The hub's root. The page is at `console/` below it, and a proxy may put any path before both. */
const root = new URL('..', new URL('.', location.href)).href.replace(/\/$/, '');

/** The address of the hub for this page. */
export const hubAddress = root;

/** The address to which the identity provider returns people. */
export const pageAddress = new URL('.', location.href).href.split(/[?#]/)[0] ?? '';

let csrfToken: string | undefined;

/** Keeps the session's token in memory: no script-readable storage holds it. */
export function rememberToken(token: string | undefined): void {
  csrfToken = token;
}

/** The console talks to the hub only through the SDK. The browser sends the session's cookie. */
export const hub = new Roundhouse({ baseUrl: root, csrfToken: () => csrfToken });

/** Whether a call failed because the hub could not be reached. */
export function isLost(error: unknown): boolean {
  return error instanceof RoundhouseError && error.status === 0;
}

/** The text of a failure, for people. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
