import { AgentFailure } from '../../../failure.js';

export type Headers = Readonly<Record<string, string>>;

/** The credentials in every request to a remote server. */
export interface Credentials {
  /** The headers for the next request; a promise only if they have to be fetched first. @throws AgentFailure */
  headers(): Headers | Promise<Headers>;
  /** Whether the agent can get other credentials when the server refuses these (HTTP 401). */
  readonly renewable: boolean;
  /**
   * Gets other credentials, once for all requests that were refused with the same credentials.
   * @param challenge `WWW-Authenticate`.
   * @throws AgentFailure
   */
  renew(refused: Headers, challenge?: string): Promise<void>;
  /**
   * Gets credentials with more scopes, if the server says that these do not suffice (HTTP 403). Returns false if there are none.
   * @throws AgentFailure
   */
  widen?(refused: Headers, challenge: string): Promise<boolean>;
  /** Removes the secrets of the credentials from a text. */
  hide(text: string): string;
  /** Ends the requests that run. */
  close(): void;
}

/** An API key, or no credentials. */
export class FixedCredentials implements Credentials {
  readonly renewable = false;

  /** @param hide removes the secrets of the registration: the key, and values of headers */
  constructor(
    private readonly fixed: Headers = {},
    readonly hide = (text: string) => text,
  ) {}

  headers(): Headers {
    return this.fixed;
  }

  renew(): Promise<void> {
    return Promise.reject(new AgentFailure('upstream', 'the server refuses these credentials'));
  }

  close(): void {}
}
