import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import { readMount, readVolume } from './mounts.js';
import { publishPort } from './ports.js';
import { booleanOf, bytesOf, nanoCpusOf } from './quantities.js';

/** What the flags of `docker run` ask for. */
export interface RunOptions {
  /** Variables in their order; without a value: taken from the registration, as docker takes it from its own environment. */
  readonly env: { readonly name: string; readonly value: string | undefined }[];
  /** Files of variables, by absolute paths at the agent. */
  readonly envFiles: string[];
  pull: 'always' | 'missing' | 'never';
  platform: string | undefined;
  readonly container: ContainerCreateOptions;
  readonly host: HostConfig;
}

/** Why a flag cannot be taken: left to the docker program, or wrong in itself. */
export interface Problem {
  readonly left?: string;
  readonly wrong?: string;
}

/** Sets what one flag says. */
export type Setter = (options: RunOptions, value: string) => Problem | undefined;

export function emptyRun(): RunOptions {
  return { env: [], envFiles: [], pull: 'missing', platform: undefined, container: {}, host: {} };
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

/** Flags that say whether. */
export const whetherFlags: Readonly<Record<string, Setter>> = {
  // The input is always open, and nothing of the container stays: that is how a server is run.
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
};

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
};
