import type { Devices } from '../drivers/network/devices.js';
import { AgentFailure } from '../failure.js';
import { configFormat } from './config-format.js';
import type { Operation } from './operation.js';

const maxConfigBytes = 8 * 1024 * 1024;

/** Changes a network device's configuration, confirms the change, or takes it back. */
export function applyConfig(devices: Devices): Operation<'applyConfig'> {
  return {
    name: 'applyConfig',
    async run({ deviceId, format, ...request }, { signal }) {
      if (Buffer.byteLength(request.config) > maxConfigBytes) {
        throw new AgentFailure('invalid_argument', `config: larger than ${maxConfigBytes} bytes`, { field: 'config' });
      }
      if (request.changeId === '') {
        throw new AgentFailure('invalid_argument', 'changeId is missing', { field: 'changeId' });
      }
      const applied = await devices.applyConfig(deviceId, { ...request, format: configFormat(format) }, signal);
      return { case: 'json', value: Buffer.from(JSON.stringify(applied)) };
    },
  };
}
