import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import type { Engine } from './engine.js';

/** The part of the engine's `info` that says which registries need no proper TLS. */
interface RegistryConfig {
  readonly InsecureRegistryCIDRs?: readonly string[] | null;
  readonly IndexConfigs?: Readonly<Record<string, { readonly Secure?: boolean } | undefined>> | null;
}

/** What every engine allows. */
const loopback = ['127.0.0.0/8', '::1/128'];

/** Whether the engine is configured to reach a registry by plain HTTP, or by HTTPS with any certificate (`insecure-registries`). */
export async function isInsecure(engine: Engine, registry: string, signal: AbortSignal): Promise<boolean> {
  if (registry === 'docker.io') return false;
  const info = await engine
    .ask(
      'describe itself',
      async () => (await engine.client()).info() as Promise<{ RegistryConfig?: RegistryConfig | null }>,
      signal,
    )
    .catch(() => undefined);
  signal.throwIfAborted();
  const { IndexConfigs: named, InsecureRegistryCIDRs: networks } = info?.RegistryConfig ?? {};
  if (named?.[registry] !== undefined) return named[registry].Secure === false;
  const host = registry.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const addresses = isIP(host)
    ? [host]
    : await lookup(host, { all: true }).then(
        (all) => all.map(({ address }) => address),
        () => [],
      );
  const list = new BlockList();
  for (const network of networks ?? loopback) {
    const [address = '', bits = ''] = network.split('/');
    const kind = isIP(address);
    if (kind !== 0) list.addSubnet(address, Number(bits), kind === 6 ? 'ipv6' : 'ipv4');
  }
  return addresses.some((address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
}
