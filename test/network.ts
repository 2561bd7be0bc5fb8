import { base } from './infrastructure.js';
import type { Answer, Hub } from './roundhouse.js';

/** A device that a test has, as `test/fixtures/devices` and `test/fixtures/frr` start them. */
export interface Reachable {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

export const devicesPath = `${base}/network/devices`;

/** The body that registers a device. */
export function deviceBody(
  name: string,
  type: string,
  { host, port, username, password }: Reachable,
  more: Readonly<Record<string, unknown>> = {},
) {
  return { name, type, hostname: host, port, credentials: { username, password }, ...more };
}

/** Registers a device and gives its path. */
export async function addDevice(
  hub: Hub,
  name: string,
  type: string,
  device: Reachable,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly id: string; readonly path: string; readonly made: Answer }> {
  const made = await hub.call('POST', devicesPath, deviceBody(name, type, device, more));
  if (made.status !== 201) throw new Error(`not added: ${JSON.stringify(made.body)}`);
  const { id } = made.body.data;
  return { id, path: `${devicesPath}/${id}`, made };
}
