import type { Operation } from './fleet.js';

/** The server that an operation is about; `undefined` where it is about none, or about several. */
export function serverOf({ value }: Operation): string | undefined {
  return 'serverId' in value ? value.serverId : 'server' in value ? value.server.id : undefined;
}

/** The network device that an operation is about; `undefined` where it is about none. */
export function deviceOf({ value }: Operation): string | undefined {
  return 'deviceId' in value ? value.deviceId : 'device' in value ? value.device.id : undefined;
}
