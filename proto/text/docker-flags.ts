/**
 * The flags of `docker run` that an agent reads, and that take no value. The hub reads the same command lines: it tells a new version of an
 * image from another image.
 */
export const whetherFlags = [
  '-i',
  '--interactive',
  '--rm',
  '-q',
  '--quiet',
  '--sig-proxy',
  '--init',
  '--read-only',
] as const;

/** The flags of `docker run` that an agent reads, and that take a value. */
export const valueFlags = [
  ...[
    '--name',
    '-e',
    '--env',
    '--env-file',
    '-v',
    '--volume',
    '--mount',
    '--tmpfs',
    '--network',
    '--net',
    '-u',
    '--user',
  ],
  ...[
    '-w',
    '--workdir',
    '--entrypoint',
    '-m',
    '--memory',
    '--memory-swap',
    '--memory-reservation',
    '--shm-size',
    '--cpus',
  ],
  ...[
    '--pids-limit',
    '--cap-add',
    '--cap-drop',
    '--security-opt',
    '--group-add',
    '--add-host',
    '--dns',
    '-l',
    '--label',
  ],
  ...['-h', '--hostname', '-p', '--publish', '--stop-signal', '--stop-timeout', '--platform', '--pull', '--restart'],
] as const;
