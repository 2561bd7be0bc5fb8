import { AgentFailure } from '../../failure.js';

export type Headers = Readonly<Record<string, string>>;

/** What a remote server is shown with every request to it. */
export interface Credentials {
  /** The headers for the next request; a promise only where they have to be fetched first. @throws AgentFailure */
  headers(): Headers | Promise<Headers>;
  /** Whether others can be had when the server refuses these (HTTP 401). */
  readonly renewable: boolean;
  /** Gets others, once for all who were refused with the same. @param challenge `WWW-Authenticate`. @throws AgentFailure */
  renew(refused: Headers, challenge?: string): Promise<void>;
  /**
   * Gets others that allow more, where the server says that these do not suffice (HTTP 403). False: none are to be had.
   * @throws AgentFailure
   */
  widen?(refused: Headers, challenge: string): Promise<boolean>;
  /** Takes what is secret of them out of a text. */
  hide(text: string): string;
  /** Ends what is under way. */
  close(): void;
}

/** An API key, or nothing at all. Its value is taken out of shown texts with the other secrets of the registration. */
export class FixedCredentials implements Credentials {
  readonly renewable = false;

  constructor(private readonly fixed: Headers = {}) {}

  headers(): Headers {
    return this.fixed;
  }

  renew(): Promise<void> {
    return Promise.reject(new AgentFailure('upstream', 'the server refuses these credentials'));
  }

  hide(text: string): string {
    return text;
  }

  close(): void {}
}
