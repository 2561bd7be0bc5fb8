import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import { AgentFailure } from '../failure.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Passes a client's answer to its server. */
export function answerAsk(privates: PrivateInstances): Operation<'answerAsk'> {
  return {
    name: 'answerAsk',
    run({ instanceId, askId, answer }) {
      if (answer.case === undefined)
        throw new AgentFailure('invalid_argument', 'answer is missing', { field: 'answer' });
      privates.find(instanceId).answer(askId, answer.case, valueText(answer.value));
      return json(null);
    },
  };
}

function valueText(bytes: Uint8Array): string {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    throw new AgentFailure('invalid_argument', 'answer is not JSON', { field: 'answer' });
  }
}
