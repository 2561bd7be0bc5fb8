import { Type } from 'typebox';
import type { ContainerDetails, ContainerSummary } from '../../../../domain/docker/answers.js';
import type { LogLine } from '../../../../domain/docker/logs.js';
import { invalid } from '../../../../domain/errors.js';
import { isoTime, isoTimeOrNull } from '../../../../domain/moments.js';
import { granted, operation } from '../operation.js';
import { choiceOf, container, engine, timeout } from './input.js';

/** Containers of the Docker Engines: listing, starting and ending them. */
export const containerOperations = [
  operation({
    name: 'roundhouse_list_docker_hosts',
    title: 'List Docker hosts',
    description: 'List the sites that have a Docker Engine, with its version and size.',
    permission: 'docker.read',
    effect: 'read',
    input: Type.Object({}),
    async run({ docker }, _input, { origin }) {
      const hosts = await docker.hosts.list(granted(origin));
      return {
        hosts: hosts.map(({ agent, info, error }) => {
          const named = { site: agent.site, agent: agent.name };
          return info ? { ...named, reachable: true, ...info } : { ...named, reachable: false, reason: error ?? null };
        }),
      };
    },
  }),
  operation({
    name: 'roundhouse_list_containers',
    title: 'List containers',
    description: 'List the Docker containers of a site with their image, state and ports, newest first.',
    permission: 'docker.read',
    effect: 'read',
    input: Type.Object({
      ...engine,
      all: Type.Boolean({ default: false, description: 'Those that do not run, too' }),
      name: Type.String({ maxLength: 255, default: '', description: 'Text that their names hold' }),
      labels: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
        maxItems: 20,
        default: [],
        description: 'Labels that they have, each as name or name=value',
      }),
      limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
    }),
    async run({ docker }, input, { origin, signal }) {
      const { choice, ...query } = choiceOf(input);
      const found = await docker.containers.list(granted(origin), choice, query, signal);
      return { ...found, containers: found.containers.map(brief) };
    },
  }),
  operation({
    name: 'roundhouse_get_container',
    title: 'A container',
    description:
      'All about one Docker container: state, exit code, command, mounts, networks, limits, names of its variables.',
    permission: 'docker.read',
    effect: 'read',
    input: Type.Object({ ...engine, container }),
    async run({ docker }, input, { origin, signal }) {
      const { choice, container } = choiceOf(input);
      return shownContainer(await docker.containers.get(granted(origin), choice, container, signal));
    },
  }),
  operation({
    name: 'roundhouse_get_container_stats',
    title: 'What containers use',
    description: 'Processor, memory, network and disk use of one Docker container, or of all that run at a site.',
    permission: 'docker.read',
    effect: 'read',
    input: Type.Object({ ...engine, container: Type.Optional(container) }),
    run({ docker }, input, { origin, signal }) {
      const { choice, container = '' } = choiceOf(input);
      return docker.containers.stats(granted(origin), choice, container, signal);
    },
  }),
  operation({
    name: 'roundhouse_start_container',
    title: 'Start a container',
    description: 'Start a Docker container that is there and does not run.',
    permission: 'docker.operate',
    effect: 'change',
    idempotent: true,
    audit: { action: 'container.start', subject: 'container' },
    input: Type.Object({ ...engine, container }),
    run({ docker }, input, { origin }) {
      const { choice, container } = choiceOf(input);
      return docker.containers.start(granted(origin), choice, container);
    },
  }),
  operation({
    name: 'roundhouse_stop_container',
    title: 'Stop a container',
    description: 'Stop a Docker container; it stays, and can be started again.',
    permission: 'docker.operate',
    effect: 'destructive',
    idempotent: true,
    audit: { action: 'container.stop', subject: 'container' },
    input: Type.Object({ ...engine, container, timeout }),
    run({ docker }, input, { origin }) {
      const { choice, container, timeout } = choiceOf(input);
      return docker.containers.stop(granted(origin), choice, container, milliseconds(timeout));
    },
  }),
  operation({
    name: 'roundhouse_restart_container',
    title: 'Restart a container',
    description: 'Stop and start a Docker container.',
    permission: 'docker.operate',
    effect: 'destructive',
    audit: { action: 'container.restart', subject: 'container' },
    input: Type.Object({ ...engine, container, timeout }),
    run({ docker }, input, { origin }) {
      const { choice, container, timeout } = choiceOf(input);
      return docker.containers.restart(granted(origin), choice, container, milliseconds(timeout));
    },
  }),
  operation({
    name: 'roundhouse_remove_container',
    title: 'Remove a container',
    description: 'Remove a Docker container, and what it wrote outside of its volumes.',
    permission: 'docker.operate',
    effect: 'destructive',
    audit: { action: 'container.remove', subject: 'container' },
    input: Type.Object({
      ...engine,
      container,
      force: Type.Boolean({ default: false, description: 'Kill it where it runs' }),
      volumes: Type.Boolean({ default: false, description: 'And the volumes without a name that were made for it' }),
    }),
    run({ docker }, input, { origin }) {
      const { choice, container, ...how } = choiceOf(input);
      return docker.containers.remove(granted(origin), choice, container, how);
    },
  }),
];

/** A container for a client. */
export function shownContainer<T extends ContainerDetails>(found: T) {
  const { createdAt, startedAt, finishedAt, serverId } = found;
  const times = {
    createdAt: isoTime(createdAt),
    startedAt: isoTimeOrNull(startedAt || undefined),
    finishedAt: isoTimeOrNull(finishedAt || undefined),
  };
  return { ...found, ...times, serverId: serverId || null };
}

function brief({ createdAt, serverId, ...found }: ContainerSummary) {
  return { ...found, createdAt: isoTime(createdAt), serverId: serverId || null };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

const moment = (description: string) => Type.Optional(Type.String({ format: 'date-time', maxLength: 64, description }));

/** The logs of containers. */
export const containerLogOperations = [
  operation({
    name: 'roundhouse_get_container_logs',
    title: 'Logs of a container',
    description:
      'Read the last lines that a Docker container printed, oldest first; with follow, wait for new ones for a while.',
    permission: 'docker.logs',
    effect: 'read',
    input: Type.Object({
      ...engine,
      container,
      lines: Type.Integer({ minimum: 1, maximum: 2000, default: 100, description: 'The last so many' }),
      since: moment('Lines from this time on (ISO 8601)'),
      until: moment('Lines before this time (ISO 8601)'),
      follow: Type.Integer({
        minimum: 0,
        maximum: 600,
        default: 0,
        description: 'Seconds that new lines are waited for; each line is told as progress, too',
      }),
    }),
    run({ docker }, input, { origin, signal, onProgress }) {
      const { choice, container, lines, since, until, follow } = choiceOf(input);
      if (until !== undefined && follow > 0) throw invalid('follow', 'goes with no end (until)');
      const times = { sinceMs: millisecondsOf('since', since), untilMs: millisecondsOf('until', until) };
      let progress = 0;
      const tell = ({ message }: LogLine) => {
        progress += 1;
        onProgress?.(JSON.stringify({ progress, message }));
      };
      const waiting = { signal, onLine: onProgress && tell };
      return docker.logs.read(
        granted(origin),
        choice,
        container,
        { lines, ...times, followMs: follow * 1000 },
        waiting,
      );
    },
  }),
];

function millisecondsOf(field: string, text: string | undefined): number {
  const ms = text === undefined ? 0 : Date.parse(text);
  if (Number.isNaN(ms)) throw invalid(field, 'is no time that exists');
  return ms;
}
