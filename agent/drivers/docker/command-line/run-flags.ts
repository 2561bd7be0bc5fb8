import type { valueFlags as valueNames, whetherFlags as whetherNames } from '@roundhouse/proto/docker-flags';
import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode';

/** The settings that the flags of `docker run` ask for. */
export interface RunOptions {
  /** Variables in their order. A variable without a value gets that of the registration, as docker takes it from its environment. */
  readonly env: { readonly name: string; readonly value: string | undefined }[];
  /** Files of variables, by absolute paths at the agent. */
  readonly envFiles: string[];
  pull: 'always' | 'missing' | 'never';
  platform: string | undefined;
  readonly container: ContainerCreateOptions;
  readonly host: HostConfig;
}

/** Why the agent does not use a flag: it is left to the docker program, or it is wrong. */
export interface Problem {
  readonly left?: string;
  readonly wrong?: string;
}

/** Sets the option of one flag. */
export type Setter = (options: RunOptions, value: string) => Problem | undefined;

export function emptyRun(): RunOptions {
  return { env: [], envFiles: [], pull: 'missing', platform: undefined, container: {}, host: {} };
}

const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const relative = 'a path at the agent must be absolute: there is no folder that a relative one could mean';

/** `-v [source:]target[:options]`. */
function readVolume({ container, host }: RunOptions, text: string): Problem | undefined {
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
  // A name with a slash is a relative path, and no name of a volume.
  host.Binds = [...(host.Binds ?? []), text];
  return undefined;
}

/** Fields of a mount that may come more than once. */
const repeated: ReadonlySet<string> = new Set(['volume-opt', 'volume-label']);

/** `--mount type=…,source=…,target=…[,readonly][,…]`. */
function readMount({ host }: RunOptions, text: string): Problem | undefined {
  // Docker reads the fields as CSV, where quotes hide commas. The reader of a policy sees other fields.
  if (text.includes('"')) return { wrong: 'must not use quotes' };
  // Docker takes the last of two fields of one name. The reader of a policy may see the first.
  const names = text
    .split(',')
    .map(fieldName)
    .filter((name) => !repeated.has(name));
  if (new Set(names).size < names.length) return { wrong: 'names a field twice' };
  const mount: { -readonly [K in keyof MountSettings]?: MountSettings[K] } = { Type: 'volume' };
  for (const field of text.split(',')) {
    const [, value] = field.split(/=(.*)/s);
    const problem = setField(mount, fieldName(field), value);
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

/** Other names of the fields of `--mount`. */
const sameField: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
};

/** The name of a field of `--mount`, the same for all of its spellings. */
function fieldName(field: string): string {
  const [name = ''] = field.split('=');
  const key = name.trim().toLowerCase();
  return sameField[key] ?? key;
}

function setField(mount: Draft, key: string, value: string | undefined): Problem | undefined {
  switch (key) {
    case 'type':
      if (value !== 'bind' && value !== 'volume' && value !== 'tmpfs')
        return { left: 'has a type that this agent does not know' };
      mount.Type = value;
      return undefined;
    case 'source':
      mount.Source = value ?? '';
      return undefined;
    case 'target':
      mount.Target = value ?? '';
      return undefined;
    case 'readonly': {
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

/** `[[address:]port:]port[/protocol]`, single ports only. */
const publishPort: Setter = ({ container, host }, value) => {
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

/** `512m`, `1.5g`, `1024`: bytes, in powers of 1,024 as Docker reads them. `undefined` if the text is no such number. */
function bytesOf(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])?i?b?)$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  return Math.floor(Number(number) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '));
}

/** `1.5` processors, in billionths as the engine counts them. `undefined` if the text is no such number. */
export function nanoCpusOf(text: string): number | undefined {
  return /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Math.round(Number(text) * 1e9) : undefined;
}

/** `on`/`off` as Go's flags read them; `undefined` for any other text. */
function booleanOf(text: string): boolean | undefined {
  if (/^(1|t|true)$/i.test(text)) return true;
  return /^(0|f|false)$/i.test(text) ? false : undefined;
}

const wrong = (expected: string): Problem => ({ wrong: `expected ${expected}` });
const ignored: Setter = () => undefined;

const whether =
  (apply: (options: RunOptions, on: boolean) => void): Setter =>
  (options, value) => {
    const on = booleanOf(value);
    if (on === undefined) return wrong('true or false');
    apply(options, on);
    return undefined;
  };

const parsed =
  <T>(
    read: (text: string) => T | undefined,
    expected: string,
    apply: (options: RunOptions, value: T) => void,
  ): Setter =>
  (options, value) => {
    const found = read(value);
    if (found === undefined) return wrong(expected);
    apply(options, found);
    return undefined;
  };

const plain = (apply: (options: RunOptions, value: string) => void): Setter => parsed((text) => text, '', apply);

const whole = (text: string): number | undefined => (/^-?\d{1,10}$/.test(text) ? Number(text) : undefined);
const add = <K extends 'CapAdd' | 'CapDrop' | 'Dns' | 'ExtraHosts' | 'GroupAdd' | 'SecurityOpt'>(key: K): Setter =>
  plain(({ host }, value) => {
    host[key] = [...(host[key] ?? []), value];
  });

const environment: Setter = ({ env }, text) => {
  const [name = '', value] = text.split(/=(.*)/s);
  if (name === '' || text.includes('\0')) return wrong('NAME or NAME=value');
  env.push({ name, value });
  return undefined;
};

const network: Setter = ({ host }, value) => {
  if (host.NetworkMode !== undefined || value.includes('='))
    return { left: 'names several networks, or options of one' };
  host.NetworkMode = value;
  return undefined;
};

const tmpfs = plain(({ host }, value) => {
  const [folder = '', options = ''] = value.split(/:(.*)/s);
  host.Tmpfs = { ...host.Tmpfs, [folder]: options };
});

const label: Setter = ({ container }, text) => {
  const [name = '', value = ''] = text.split(/=(.*)/s);
  if (name.startsWith('io.roundhouse.')) return { wrong: 'labels io.roundhouse.* are the agent’s own' };
  container.Labels = { ...container.Labels, [name]: value };
  return undefined;
};

const security: Setter = (options, value) =>
  /^seccomp[=:](?!unconfined$)/.test(value)
    ? { left: 'names a file, which the docker program has to read' }
    : add('SecurityOpt')(options, value);

const entrypoint = plain(({ container }, value) => {
  container.Entrypoint = [value];
});
const user = plain(({ container }, value) => {
  container.User = value;
});
const folder: Setter = ({ container }, value) => {
  if (!value.startsWith('/')) return wrong('an absolute path');
  container.WorkingDir = value;
  return undefined;
};
const memory = parsed(bytesOf, 'an amount such as 512m', ({ host }, bytes) => {
  host.Memory = bytes;
});

/** Flags that are true or false. */
export const whetherFlags: Readonly<Record<string, Setter>> = {
  // A server's input is always open, and its container is always removed.
  '-i': ignored,
  '--interactive': ignored,
  '--rm': ignored,
  '-q': ignored,
  '--quiet': ignored,
  '--sig-proxy': ignored,
  '--init': whether(({ host }, on) => {
    host.Init = on;
  }),
  '--read-only': whether(({ host }, on) => {
    host.ReadonlyRootfs = on;
  }),
} satisfies Record<(typeof whetherNames)[number], Setter>;

/** Flags that take a value. */
export const valueFlags: Readonly<Record<string, Setter>> = {
  // Two instances of a server may run at a time: the agent names them.
  '--name': ignored,
  '-e': environment,
  '--env': environment,
  '--env-file': ({ envFiles }, value) => {
    if (!value.startsWith('/'))
      return wrong('an absolute path: the agent has no folder that a relative one could mean');
    envFiles.push(value);
    return undefined;
  },
  '-v': readVolume,
  '--volume': readVolume,
  '--mount': readMount,
  '--tmpfs': tmpfs,
  '--network': network,
  '--net': network,
  '-u': user,
  '--user': user,
  '-w': folder,
  '--workdir': folder,
  '--entrypoint': entrypoint,
  '-m': memory,
  '--memory': memory,
  '--memory-swap': parsed(
    (text) => (text === '-1' ? -1 : bytesOf(text)),
    'an amount such as 1g, or -1',
    ({ host }, bytes) => {
      host.MemorySwap = bytes;
    },
  ),
  '--memory-reservation': parsed(bytesOf, 'an amount such as 256m', ({ host }, bytes) => {
    host.MemoryReservation = bytes;
  }),
  '--shm-size': parsed(bytesOf, 'an amount such as 64m', ({ host }, bytes) => {
    host.ShmSize = bytes;
  }),
  '--cpus': parsed(nanoCpusOf, 'a number such as 1.5', ({ host }, cpus) => {
    host.NanoCpus = cpus;
  }),
  '--pids-limit': parsed(whole, 'a whole number', ({ host }, limit) => {
    host.PidsLimit = limit;
  }),
  '--cap-add': add('CapAdd'),
  '--cap-drop': add('CapDrop'),
  '--security-opt': security,
  '--group-add': add('GroupAdd'),
  '--add-host': add('ExtraHosts'),
  '--dns': add('Dns'),
  '-l': label,
  '--label': label,
  '-h': plain(({ container }, value) => {
    container.Hostname = value;
  }),
  '--hostname': plain(({ container }, value) => {
    container.Hostname = value;
  }),
  '-p': publishPort,
  '--publish': publishPort,
  '--stop-signal': plain(({ container }, value) => {
    container.StopSignal = value;
  }),
  '--stop-timeout': parsed(whole, 'a whole number of seconds', ({ container }, seconds) => {
    container.StopTimeout = seconds;
  }),
  '--platform': plain((options, value) => {
    options.platform = value;
  }),
  '--pull': (options, value) => {
    if (value !== 'always' && value !== 'missing' && value !== 'never') return wrong('always, missing or never');
    options.pull = value;
    return undefined;
  },
  '--restart': (_options, value) =>
    value === 'no' ? undefined : { wrong: 'the agent restarts servers; leave it out' },
} satisfies Record<(typeof valueNames)[number], Setter>;
