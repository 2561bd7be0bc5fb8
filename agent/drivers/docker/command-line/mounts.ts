import type { MountSettings } from 'dockerode';
import { booleanOf, bytesOf } from './quantities.js';
import type { Problem, RunOptions } from './run-flags.js';

const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const relative = 'a path at the agent must be absolute: there is no folder that a relative one could mean';

/** `-v [source:]target[:options]`. */
export function readVolume({ container, host }: RunOptions, text: string): Problem | undefined {
  const parts = text.split(':');
  const [source = '', target] = parts.length === 1 ? ['', parts[0]] : parts;
  if (parts.length > 3 || target === undefined) return { wrong: 'expected source:target or source:target:options' };
  if (!target.startsWith('/')) return { wrong: 'the path in the container must be absolute' };
  if (target === '/') return { wrong: 'the path in the container must not be /' };
  if (parts.length === 1) {
    container.Volumes = { ...container.Volumes, [target]: {} };
    return undefined;
  }
  if (!source.startsWith('/') && !volumeName.test(source)) return { wrong: relative };
  // A name with a slash would be a relative path; one that starts like one is no volume's.
  host.Binds = [...(host.Binds ?? []), text];
  return undefined;
}

/** `--mount type=…,source=…,target=…[,readonly][,…]`. */
export function readMount({ host }: RunOptions, text: string): Problem | undefined {
  if (text.includes('"')) return { left: 'uses quotes' };
  const mount: { -readonly [K in keyof MountSettings]?: MountSettings[K] } = { Type: 'volume' };
  for (const field of text.split(',')) {
    const [key = '', value] = field.split(/=(.*)/s);
    const problem = setField(mount, key.toLowerCase(), value);
    if (problem !== undefined) return problem;
  }
  const { Type: type, Source: source = '', Target: target } = mount;
  if (target === undefined) return { wrong: 'its target is missing' };
  if (!target.startsWith('/')) return { wrong: 'its target must be an absolute path' };
  if (type === 'bind' && !source.startsWith('/')) return { wrong: relative };
  if (type === 'volume' && source !== '' && !volumeName.test(source))
    return { wrong: 'its source is not the name of a volume' };
  host.Mounts = [...(host.Mounts ?? []), mount as MountSettings];
  return undefined;
}

type Draft = { -readonly [K in keyof MountSettings]?: MountSettings[K] };

function setField(mount: Draft, key: string, value: string | undefined): Problem | undefined {
  switch (key) {
    case 'type':
      if (value !== 'bind' && value !== 'volume' && value !== 'tmpfs')
        return { left: 'has a type that this agent does not know' };
      mount.Type = value;
      return undefined;
    case 'source':
    case 'src':
      mount.Source = value ?? '';
      return undefined;
    case 'target':
    case 'dst':
    case 'destination':
      mount.Target = value ?? '';
      return undefined;
    case 'readonly':
    case 'ro': {
      const on = booleanOf(value ?? 'true');
      if (on === undefined) return { wrong: 'readonly is true or false' };
      mount.ReadOnly = on;
      return undefined;
    }
    case 'tmpfs-size': {
      const bytes = bytesOf(value ?? '');
      if (bytes === undefined) return { wrong: 'tmpfs-size is an amount such as 64m' };
      mount.TmpfsOptions = { ...mount.TmpfsOptions, SizeBytes: bytes } as MountSettings['TmpfsOptions'];
      return undefined;
    }
    default:
      return { left: 'has options that this agent does not know' };
  }
}
