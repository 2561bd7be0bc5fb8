/** Returns a token whenever a call needs one. `rejected`: the token that the hub refused, so the call needs a fresh one. */
export type TokenSource = (rejected?: string) => string | Promise<string>;

/** The name and password of a user. */
export interface SignIn {
  readonly username: string;
  readonly password: string;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  /** Seconds. */
  readonly expires_in: number;
}

/** Asks for tokens: by user name and password, or by a refresh token. */
export type AskForTokens = (by: SignIn | { readonly refresh_token: string }) => Promise<Tokens>;

/** The client's proof of identity. Nothing here is enumerable, so that no log or inspection of a client shows a secret. */
export interface Credentials {
  /** `undefined`: the client sends no credential. */
  token(signal: AbortSignal): Promise<string | undefined>;
  /** After the hub refused a token: whether there is another one to try. */
  renew(rejected: string, signal: AbortSignal): Promise<boolean>;
}

export const anonymous: Credentials = { token: async () => undefined, renew: async () => false };

/** An API key, or an access token that the application keeps fresh. */
export class FixedToken implements Credentials {
  readonly #source: TokenSource;
  readonly #isFixed: boolean;
  #fresh: string | undefined;

  constructor(given: string | TokenSource) {
    this.#isFixed = typeof given === 'string';
    this.#source = typeof given === 'string' ? () => given : given;
  }

  async token(): Promise<string> {
    const fresh = this.#fresh ?? (await this.#source());
    this.#fresh = undefined;
    return fresh;
  }

  async renew(rejected: string): Promise<boolean> {
    if (this.#isFixed) return false;
    const fresh = await this.#source(rejected);
    if (fresh === rejected) return false;
    this.#fresh = fresh;
    return true;
  }
}

/** A token is renewed when this share of its life is left, or a minute if that is less. */
const SHARE_LEFT = 0.2;
const MOST_LEFT_MS = 60_000;

/** User and password: signs in when first needed, keeps the access token fresh, and asks for one at a time. */
export class Session implements Credentials {
  readonly #signIn: SignIn;
  readonly #ask: AskForTokens;
  #tokens: Tokens | undefined;
  #renewAt = 0;
  #renewal: Promise<Tokens> | undefined;

  constructor(signIn: SignIn, ask: AskForTokens) {
    this.#signIn = signIn;
    this.#ask = ask;
  }

  async token(signal: AbortSignal): Promise<string> {
    if (this.#tokens && Date.now() < this.#renewAt) return this.#tokens.access_token;
    return (await this.#renewed(signal)).access_token;
  }

  async renew(rejected: string, signal: AbortSignal): Promise<boolean> {
    // Another call may have renewed it meanwhile.
    if (this.#tokens?.access_token === rejected) await this.#renewed(signal);
    return true;
  }

  /** One renewal serves all callers that wait for it. A caller that leaves early does not end it for the others. */
  async #renewed(signal: AbortSignal): Promise<Tokens> {
    this.#renewal ??= this.#askForTokens().finally(() => {
      this.#renewal = undefined;
    });
    const renewal = this.#renewal;
    if (signal.aborted) throw signal.reason;
    let leave = () => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([renewal, left]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  async #askForTokens(): Promise<Tokens> {
    const refreshToken = this.#tokens?.refresh_token;
    this.#tokens = undefined;
    let tokens: Tokens | undefined;
    if (refreshToken !== undefined) {
      // The token may have been used or revoked, or may have expired: then the password gets another one.
      tokens = await this.#ask({ refresh_token: refreshToken }).catch(() => undefined);
    }
    tokens ??= await this.#ask(this.#signIn);
    const lifeMs = tokens.expires_in * 1000;
    this.#tokens = tokens;
    this.#renewAt = Date.now() + lifeMs - Math.min(MOST_LEFT_MS, lifeMs * SHARE_LEFT);
    return tokens;
  }
}
