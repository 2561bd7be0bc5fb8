import type { Setter } from './run-flags.js';

/** `[[address:]port:]port[/protocol]`, single ports only. */
export const publishPort: Setter = ({ container, host }, value) => {
  const [, ip = '', outside = '', inside, protocol = 'tcp'] =
    /^(?:(?:(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):)?(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(value) ?? [];
  if (inside === undefined) return { left: 'names several ports, or in a form that this agent does not know' };
  const key = `${inside}/${protocol.toLowerCase()}`;
  container.ExposedPorts = { ...container.ExposedPorts, [key]: {} };
  const binding = { HostIp: ip.replace(/[[\]]/g, ''), HostPort: outside };
  const known = (host.PortBindings ?? {}) as Record<string, object[]>;
  host.PortBindings = { ...known, [key]: [...(known[key] ?? []), binding] };
  return undefined;
};
