import type { DeviceSpec, SshLogin } from '../agents/fleet-devices.js';
import type { Store } from '../store.js';
import { type LoginSecrets, unsealDeviceSecrets } from './credentials.js';
import type { FactBook } from './facts.js';
import type { DeviceRecord } from './record.js';

/** The specification that a device's agent works from, secrets included. */
export async function deviceSpecOf(store: Store, facts: FactBook, device: DeviceRecord): Promise<DeviceSpec> {
  const secrets = await unsealDeviceSecrets(store, device);
  const { id, name, revision, type, hostname, port, options, pinGeneration, jumpHost } = device;
  const { hostKey, jumpHostKey } = facts.pins(device);
  const jump = jumpHost && {
    hostname: jumpHost.hostname,
    port: jumpHost.port,
    credentials: login(jumpHost.username, secrets.jumpHost),
    hostKey: jumpHostKey,
  };
  return {
    id,
    name,
    revision,
    connected: device.wanted,
    onDemand: options.autoConnect,
    platform: type,
    hostname,
    port,
    credentials: login(device.username, secrets),
    enablePassword: secrets.enablePassword,
    hostKey,
    pinGeneration,
    ...(jump ? { jumpHost: jump } : {}),
    legacyAlgorithms: options.legacyAlgorithms,
    times: { connectMs: options.timeoutMs, commandMs: 0, keepaliveMs: options.keepaliveMs, idleMs: 0 },
  };
}

function login(username: string, secrets: LoginSecrets | null): SshLogin {
  const { password = '', privateKey = '', passphrase = '' } = secrets ?? {};
  return { username, password, privateKey, passphrase };
}
