import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** Does nothing but send back what came: measures the link. */
export const noop: Operation<'noop'> = {
  name: 'noop',
  run({ echo }) {
    if (echo.length === 0) return { case: 'json', value: Buffer.from('null') };
    try {
      JSON.parse(Buffer.from(echo.buffer, echo.byteOffset, echo.byteLength).toString('utf8'));
    } catch {
      throw new AgentFailure('invalid_argument', 'echo is not a JSON value', { field: 'echo' });
    }
    return { case: 'json', value: echo };
  },
};
