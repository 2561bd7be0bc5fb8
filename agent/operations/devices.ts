import type { Devices } from '../drivers/network/devices.js';
import type { ConfigFormat } from '../drivers/network/platforms/platform.js';
import { AgentFailure, ignoreNotFound } from '../failure.js';
import { json, type Operations } from './operation.js';

const maxConfigBytes = 8 * 1024 * 1024;
const formats: readonly ConfigFormat[] = ['text', 'set', 'json', 'xml'];

/** Network devices that the agent reaches. */
export const deviceOperations = (devices: Devices) =>
  ({
    /** Adds or replaces one device. */
    putDevice({ device }) {
      if (device === undefined) throw new AgentFailure('invalid_argument', 'device is missing', { field: 'device' });
      return { case: 'device', value: devices.put(device) };
    },

    /** Closes a device's connection and forgets the device. For an unknown device the answer is the same. */
    async removeDevice({ deviceId }) {
      await devices.remove(deviceId).catch(ignoreNotFound);
      return json(null);
    },

    /** Connects a device. It answers once the device is connected, or has failed to be. */
    connectDevice: async ({ deviceId }, { signal }) => ({
      case: 'device',
      value: await devices.connect(deviceId, signal),
    }),

    /** Closes a device's connection. It answers once the connection is closed. */
    disconnectDevice: async ({ deviceId, drainMs }) => ({
      case: 'device',
      value: await devices.disconnect(deviceId, drainMs),
    }),

    /** Reads a device's description of itself again. */
    inspectDevice: async ({ deviceId }, { signal }) => ({
      case: 'device',
      value: await devices.inspect(deviceId, signal),
    }),

    /** Runs commands on a device, one after the other. */
    async runCommands({ deviceId, commands, allowChanges, stopOnError }, context) {
      const onDone = (done: number) => {
        if (done < commands.length) context.progress(Buffer.from(JSON.stringify({ done })));
      };
      return json({
        results: await devices.run(deviceId, { commands, allowChanges, stopOnError, onDone }, context.signal),
      });
    },

    /** Reads a device's running configuration. */
    getConfig: async ({ deviceId, format, section }, { signal }) =>
      json(await devices.readConfig(deviceId, configFormat(format), section.trim(), signal)),

    /** Changes a device's configuration, confirms the change, or takes it back. */
    async applyConfig({ deviceId, format, ...request }, { signal }) {
      if (Buffer.byteLength(request.config) > maxConfigBytes) {
        throw new AgentFailure('invalid_argument', `config: larger than ${maxConfigBytes} bytes`, { field: 'config' });
      }
      if (request.changeId === '') {
        throw new AgentFailure('invalid_argument', 'changeId is missing', { field: 'changeId' });
      }
      return json(await devices.applyConfig(deviceId, { ...request, format: configFormat(format) }, signal));
    },

    /** Reads the outcome of a configuration change. It waits until the change is over. */
    inspectChange: async ({ deviceId, changeId }, { signal }) => ({
      case: 'device',
      value: await devices.inspectChange(deviceId, changeId, signal),
    }),
  }) satisfies Partial<Operations>;

/** A configuration's format by its name in the contract; text by default. @throws AgentFailure `invalid_argument`. */
function configFormat(name: string): ConfigFormat {
  if (name === '') return 'text';
  const format = formats.find((known) => known === name);
  if (format !== undefined) return format;
  throw new AgentFailure('invalid_argument', `format: expected one of ${formats.join(', ')}`, { field: 'format' });
}
