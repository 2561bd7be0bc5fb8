import { textWithin } from './body.js';
import type { Answer, Operation } from './caller.js';
import { connectionFailed, isObject, RoundhouseError } from './errors.js';

const envelope = new Set(['success', 'status', 'timestamp', 'metadata']);

function invalid(message: string, { status, headers }: Response, { id }: Operation): RoundhouseError {
  const requestId = headers.get('x-request-id') ?? undefined;
  return new RoundhouseError({ code: 'INVALID_ANSWER', status, message, requestId, operation: id });
}

function unwrapped(body: unknown, response: Response, operation: Operation): unknown {
  if (operation.answer === 'body') return body;
  if (!isObject(body)) throw invalid('The answer is no JSON object', response, operation);
  if (operation.answer === 'rest')
    return Object.fromEntries(Object.entries(body).filter(([name]) => !envelope.has(name)));
  if (!('data' in body)) throw invalid('The answer has no data', response, operation);
  return operation.answer === 'page' ? { data: body.data, metadata: body.metadata } : body.data;
}

/** The facts that reading an answer takes, besides its operation. */
export interface Reading {
  readonly baseUrl: string;
  /** A longer answer is an error. */
  readonly maxAnswerBytes: number;
  readonly onAnswer: ((answer: Answer) => void) | undefined;
}

/** Reads an answer as its operation has it. @throws RoundhouseError `INVALID_ANSWER` */
export async function readAnswer(
  response: Response,
  operation: Operation,
  { baseUrl, maxAnswerBytes, onAnswer }: Reading,
): Promise<unknown> {
  const { status, headers } = response;
  const show = (body: unknown) => onAnswer?.({ status, headers, body });
  const { answer } = operation;
  if (answer === 'none' || answer === 'location') {
    await response.body?.cancel();
    show(undefined);
    if (answer === 'none') return undefined;
    const location = headers.get('location');
    // Browsers do not tell pages where an answer would redirect them.
    if (location === null)
      throw invalid('Where the answer redirects to is not to be seen from here', response, operation);
    return location;
  }
  const text = await textWithin(response, maxAnswerBytes).catch((error: unknown) =>
    Promise.reject(connectionFailed(error, operation, baseUrl)),
  );
  if (text === undefined)
    throw invalid(`The answer is longer than ${maxAnswerBytes} bytes (maxAnswerBytes)`, response, operation);
  const type = headers.get('content-type') ?? '';
  if (answer === 'text' || !/json/.test(type)) {
    if (answer !== 'text' && !operation.orText)
      throw invalid(`The answer is ${type || 'of no type'}, not JSON`, response, operation);
    show(text);
    return text;
  }
  let body: unknown;
  try {
    // A long log comes as JSON lines even where it is not followed.
    body = /ndjson/.test(type) ? { data: { logs: linesOf(text) } } : JSON.parse(text);
  } catch (cause) {
    throw Object.assign(invalid('The answer is no JSON', response, operation), { cause });
  }
  show(body);
  return unwrapped(body, response, operation);
}

function linesOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}
