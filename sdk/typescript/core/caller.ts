/** How an operation is asked for and how its answer is read. */
export interface Operation {
  /** `<api>.<operationId>`. */
  readonly id: string;
  readonly verb: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly answer: 'data' | 'page' | 'rest' | 'body' | 'none' | 'location' | 'text' | 'bytes' | 'response';
  /** The answer may be text instead, if another format is asked for. */
  readonly orText?: boolean;
  /** The operation needs no credential, and the client sends none. */
  readonly isPublic?: boolean;
}

/** The answer, before it was unwrapped. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** JSON as it was parsed, or text; `undefined` where there was neither. */
  readonly body: unknown;
}

/** Of one call. */
export interface CallOptions {
  /** Cancels the call, its retries and its waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call, retries included; `0` for no limit. Default: the client's, or more where the body names a limit of its own. */
  readonly timeoutMs?: number | undefined;
  /** How often it is sent again at most, where that is safe. Default: the client's. */
  readonly retries?: number | undefined;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Shown the whole answer: its status, headers and envelope (such as the `metadata` of a tool call). */
  readonly onAnswer?: ((answer: Answer) => void) | undefined;
}

export type Query = Readonly<Record<string, unknown>>;

/** The part of a client that the generated classes call. */
export interface Caller {
  /** The address of the hub. */
  readonly baseUrl: string;
  /** A longer answer, or a longer line or event of a stream, is an error. */
  readonly maxAnswerBytes: number;
  /**
   * Calls an operation and unwraps its answer.
   * @throws RoundhouseError whatever the hub answers but success, a lost connection and a time-out; the signal's reason where it was cancelled
   */
  call<T>(
    operation: Operation,
    params: readonly string[],
    body: unknown,
    query: object | undefined,
    options?: CallOptions,
  ): Promise<T>;
  /** Calls an operation, and leaves the answer's body to be read. The time-out ends with the head, the signal goes on. @throws as {@link call} */
  open(
    operation: Operation,
    params: readonly string[],
    body: unknown,
    query: object | undefined,
    options?: CallOptions,
  ): Promise<Response>;
}
