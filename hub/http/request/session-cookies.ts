import { DomainError } from '../../domain/errors.js';

/** A request's headers; an absent one is empty. */
export interface Headers {
  header(name: string): string;
}

/** The headers that {@link SessionCookies} reads: an endpoint that asks it names them. */
export const pageHeaders = ['cookie', 'host', 'origin', 'sec-fetch-site'] as const;

/** A browser accepts a cookie with this prefix only over TLS and only for this host. No other host of the domain can replace it. */
const PREFIX = '__Host-';
const SESSION = 'roundhouse-session';
/** Binds a sign-in at the identity provider to the browser that began it. */
const SIGN_IN = 'roundhouse-sign-in';
const SIGN_IN_SECONDS = 600;
/** The longest value of a cookie, characters. */
const LONGEST = 256;

/** The hub's own page that sent a request. */
export interface OwnPage {
  /** Such as `https://hub.example.com`. */
  readonly origin: string;
  readonly isSecure: boolean;
}

/**
 * The cookies of browsers that are signed in. A browser sends them with each request to the hub, whichever page asks for it. So the hub
 * takes them only from its own pages: `Sec-Fetch-Site` must be `same-origin` where the browser sends it, and `Origin` the hub's own.
 */
export class SessionCookies {
  readonly #publicOrigin: string | undefined;

  /** @param publicUrl the address that clients use, if it is set: a proxy may have changed `Host` */
  constructor(publicUrl?: string) {
    this.#publicOrigin = publicUrl === undefined ? undefined : new URL(publicUrl).origin;
  }

  /** The cookie of the session, if a page of the hub sent the request; otherwise `null`. */
  session(request: Headers): string | null {
    return this.#read(request, SESSION);
  }

  /** The cookie of a sign-in that this browser began at the identity provider; `null` if it began none. */
  signIn(request: Headers): string | null {
    return this.#read(request, SIGN_IN);
  }

  /** The page that sent the request. Its origin tells whether the browser speaks TLS. @throws DomainError `forbidden`. */
  page(request: Headers): OwnPage {
    const origin = request.header('origin');
    if (origin.startsWith('http:') && this.#publicOrigin?.startsWith('https:'))
      throw new DomainError(
        'forbidden',
        `Go to ${this.#publicOrigin}: over plain HTTP this hub takes nothing from its pages`,
      );
    if (origin === '' || !this.#isOwn(request))
      throw new DomainError(
        'forbidden',
        "Only a page of this hub may do this: 'Origin' must be the hub's own. Behind a proxy set ROUNDHOUSE_PUBLIC_URL",
      );
    return { origin, isSecure: origin.startsWith('https:') };
  }

  /** The value of `Set-Cookie` that keeps a session until `expiresAt`, milliseconds since 1970. */
  setSession(page: OwnPage, value: string, expiresAt: number): string {
    return line(page, SESSION, value, Math.max(0, Math.floor((expiresAt - Date.now()) / 1000)));
  }

  setSignIn(page: OwnPage, value: string): string {
    return line(page, SIGN_IN, value, SIGN_IN_SECONDS);
  }

  /** The value of `Set-Cookie` that removes the cookie of the session. */
  removeSession(page: OwnPage): string {
    return line(page, SESSION, '', 0);
  }

  #read(request: Headers, name: string): string | null {
    const cookies = request.header('cookie');
    if (cookies === '' || !this.#isOwn(request)) return null;
    const secure = valuesOf(cookies, PREFIX + name);
    if (secure.length > 0) return onlyOne(secure);
    // With TLS, another host of the domain may have set the cookie without the prefix. A proxy may have ended TLS.
    if (this.#publicOrigin?.startsWith('https:')) return null;
    // A browser sends `Sec-Fetch-Site` only over connections that it trusts: TLS, and this machine.
    if (request.header('sec-fetch-site') !== '' && !isThisMachine(request.header('host'))) return null;
    return onlyOne(valuesOf(cookies, name));
  }

  #isOwn(request: Headers): boolean {
    const site = request.header('sec-fetch-site');
    if (site !== '' && site !== 'same-origin') return false;
    const origin = request.header('origin');
    if (origin === '' || origin === this.#publicOrigin) return true;
    return URL.canParse(origin) && new URL(origin).host === request.header('host').toLowerCase();
  }
}

/**
 * The value of a cookie. `null` if two cookies have the name, since another host may have set one of them, or if the value is longer than the hub's
 * own values.
 */
const onlyOne = ([value, ...more]: readonly string[]): string | null =>
  value !== undefined && more.length === 0 && value.length <= LONGEST ? value : null;

function valuesOf(cookies: string, name: string): string[] {
  return (
    cookies
      .split(';', 100)
      // Browsers strip only these two characters. For them a name that begins with another blank has no prefix, and any host of the domain may set
      // it.
      .map((cookie) => cookie.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, ''))
      .filter((cookie) => cookie.startsWith(`${name}=`))
      .map((cookie) => cookie.slice(name.length + 1))
  );
}

function line({ isSecure }: OwnPage, name: string, value: string, seconds: number): string {
  const attributes = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;
  return isSecure ? `${PREFIX}${name}=${value}; ${attributes}; Secure` : `${name}=${value}; ${attributes}`;
}

/** Browsers trust these names without TLS. */
function isThisMachine(host: string): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d+){3}$/.test(hostname)
  );
}
