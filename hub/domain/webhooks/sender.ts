/** One attempt to post something. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface Posted {
  /** `null` where there was no answer. */
  readonly statusCode: number | null;
  readonly durationMs: number;
  /** What `Retry-After` asked for, milliseconds from now; `null` where it was absent or unreadable. */
  readonly retryAfterMs: number | null;
  /** Why there was no answer, for people; `null` where there was one. Holds nothing of the URL but its host. */
  readonly error: string | null;
}

/**
 * Posts to URLs of clients' choice. Implementations look at the address that they connect to, follow no redirect, and bound what they read.
 */
export interface WebhookSender {
  /** Never rejects. */
  post(post: Post): Promise<Posted>;
}
