// The common behaviour of all SDKs: how long they wait, how often they try, and the codes of their own failures. Each generator writes it
// in its language.

/** Milliseconds, but for `retries`. */
export const defaults = {
  timeoutMs: { value: 75_000, text: 'how long a call may take; more than the 60 s that a tool call has by default' },
  timeoutMarginMs: {
    value: 15_000,
    text: 'how much longer than its own limit a call may take whose body names one (`timeoutMs`, or `timeout` in seconds)',
  },
  retries: { value: 2, text: 'how often a call is sent again at most, where that is safe' },
  maxRetryWaitMs: {
    value: 60_000,
    text: 'the longest wait before a call is sent again; if the hub asks for more, the call fails at once',
  },
  firstBackoffMs: {
    value: 500,
    text: 'the wait before the first retry where the hub names none; it doubles each time',
  },
  maxBackoffMs: { value: 8000, text: 'the longest of these waits' },
};

/** Codes of failures that are no answer of the hub. */
export const codes = {
  CONNECTION_FAILED:
    'The hub did not answer, or the connection broke before the answer was complete. `details.outcome` of a call that changes something is `not_run` or `unknown`',
  CALL_TIMEOUT: 'The time of the call, or of a wait for a job, is over',
  INVALID_ANSWER: 'The answer is not of the documented form, such as a proxy’s',
  STREAM_CLOSED: 'The hub ended a stream or a socket for a reason that another connection does not cure',
  SLOW_READER: 'The program does not take the events of a socket fast enough',
  NO_WEBSOCKET: 'There is no WebSocket here: Node 20 needs the package `ws`',
  CLIENT_CLOSED: 'The client was closed',
  CANCELED: 'The context of the call was canceled',
  INVALID_ARGUMENT: 'The call was not sent, since an argument cannot be meant',
};

/** Codes of one language only: other languages have errors of their own. @type {Readonly<Record<string, readonly string[]>>} */
const only = {
  SLOW_READER: ['typescript'],
  NO_WEBSOCKET: ['typescript'],
  STREAM_CLOSED: ['typescript'],
  CLIENT_CLOSED: ['python'],
  CANCELED: ['go'],
  INVALID_ARGUMENT: ['go'],
};

/** @param {'typescript' | 'python' | 'go'} language @returns {(readonly [code: string, text: string])[]} */
export function codesOf(language) {
  return Object.entries(codes).filter(([code]) => only[code]?.includes(language) ?? true);
}

/** The rows of a README's table of codes. @param {'typescript' | 'python' | 'go'} language @returns {string} */
export function codeRows(language) {
  return codesOf(language)
    .map(([code, text]) => `| \`${code}\` | ${text} |\n`)
    .join('');
}

/** The rows of a README's table of defaults. @param {(ms: number) => string} duration @param {Readonly<Partial<Record<keyof typeof defaults, string>>>} options how the language calls those that can be set @returns {string} */
export function defaultRows(duration, options) {
  return Object.entries(defaults)
    .map(([name, { value, text }]) => {
      const option = options[/** @type {keyof typeof defaults} */ (name)];
      return `| ${option ? `\`${option}\`` : ''} | ${name === 'retries' ? value : duration(value)} | ${text} |\n`;
    })
    .join('');
}
