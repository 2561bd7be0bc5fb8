import { tooManyValues } from '@roundhouse/proto/work';
import { DomainError } from '../domain/errors.js';
import { ANSWER_MS, type AskRegistry, answerObject, refusalOf } from '../domain/registry/queries.js';

/** The longest answer, bytes. */
const LONGEST = 2 * 1024 * 1024;
/** The most values of an answer. A parser takes about 30 ms for them. */
const MOST_VALUES = 300_000;

/**
 * Asks the MCP registry that the operator of the hub has set, by default the official one. A redirect is an error.
 * @param address without a slash at its end
 */
export function registryAsker(address: string, version: string): AskRegistry {
  return async (path, asked) => {
    const { status, body } = await get(`${address}/${path}`, address, version);
    if (status === 404 && asked !== undefined) throw new DomainError('not_found', `the MCP registry has no ${asked}`);
    const answer = (await tooManyValues(body, MOST_VALUES)) === undefined ? answerObject(body) : undefined;
    if (status === 200 && answer) return answer;
    const reason = answer && refusalOf(answer);
    throw failed(reason ? `refuses: ${reason.slice(0, 500)}` : `answered ${status}, and is no MCP registry`, address);
  };
}

async function get(url: string, address: string, version: string): Promise<{ status: number; body: string }> {
  try {
    const headers = { accept: 'application/json', 'user-agent': `Roundhouse/${version}` };
    const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS) });
    return { status: response.status, body: await textOf(response) };
  } catch (error) {
    if (error instanceof DomainError) throw error;
    const { cause, message } = error as Error;
    const [reason = ''] = (cause instanceof Error ? cause.message || String(cause) : message).split('\n');
    throw failed(`does not answer: ${reason}`, address);
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > LONGEST) throw new Error(`the answer has more than ${LONGEST} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function failed(problem: string, address: string): DomainError {
  return new DomainError('upstream_failed', `the MCP registry at ${address} ${problem}`);
}
