import type { Envelope as WireEnvelope } from '@roundhouse/proto/agent/v1/mcp';
import type { Envelope } from '../drivers/mcp/call.js';
import { objectText } from '../drivers/mcp/object-text.js';
import { AgentFailure } from '../failure.js';

const levelForm = /^[a-z]{0,16}$/;

/**
 * The caller of a request of protocol version 2026-07-28; `undefined` for any other request.
 * @throws AgentFailure `invalid_argument`, also for a request to a private instance, which knows its client.
 */
export function readEnvelope(wire: WireEnvelope | undefined, instanceId: string): Envelope | undefined {
  if (wire === undefined) return undefined;
  if (instanceId !== '')
    throw new AgentFailure('invalid_argument', 'envelope is not for private instances', { field: 'envelope' });
  const { capabilities, clientInfo, logLevel } = wire;
  const field = 'envelope.log_level';
  if (!levelForm.test(logLevel)) throw new AgentFailure('invalid_argument', `${field} is no log level`, { field });
  return {
    capabilities: objectText(capabilities, 'envelope.capabilities'),
    info: clientInfo.length === 0 ? '' : objectText(clientInfo, 'envelope.client_info'),
    logLevel,
  };
}
