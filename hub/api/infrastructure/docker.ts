import { Type } from 'typebox';
import {
  type ContainerDetails,
  type ContainerOutcome,
  type ContainerSummary,
  containerFields,
  imageFields,
} from '../../domain/docker/answers.js';
import type { Domain } from '../../domain/domain.js';
import { pageOf } from '../../domain/lists/page.js';
import { sourceOf } from '../../domain/lists/source.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { acceptsGzip, gzipped } from '../../http/answer/gzip.js';
import { type Context, endpoint, type Handlers, StreamReply } from '../../http/endpoint.js';
import { Arguments, EnvValues, Time, TimeOrNever } from '../shared/values.js';
import { Texts } from './cluster-shared.js';
import { listing, PageMetadata, pageReply } from './listing.js';
import { renderTicket, SHELL, TERMINAL, TerminalCommand, TerminalTicket } from './terminals.js';

/** How many containers or images the hub asks an agent for. Further ones are not in a list. */
const MOST_LISTED = 1000;
/** How many bytes of each of a command's two output streams are kept. */
const OUTPUT_BYTES = 1024 * 1024;
const LOG_TYPE = 'text/plain; charset=utf-8';

const host = {
  host_id: Type.String({
    minLength: 1,
    maxLength: 128,
    description: 'Id or name of the agent whose machine has the Docker Engine',
  }),
};
const HostParams = Type.Object(host);
const ContainerParams = Type.Object({
  ...host,
  container: Type.String({ minLength: 1, maxLength: 255, description: 'Id or name of the container' }),
});
type ContainerPath = { readonly host_id: string; readonly container: string };

const summary = {
  id: Type.String(),
  name: Type.String(),
  image: Type.String(),
  state: Type.String({ description: 'As the engine says: `running`, `exited`, `paused`, `created`, …' }),
  ports: Type.Array(Type.String()),
  labels: Texts,
  server_id: Type.Union([Type.String(), Type.Null()], {
    description: 'The server of Roundhouse that runs in it; `null` for none',
  }),
  created_at: Time,
};
const Outcome = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    state: Type.String(),
    changed: Type.Boolean({ description: '`false` if the container had this state already' }),
  },
  { title: 'ContainerOutcome' },
);
const Ending = Type.Object({
  timeout: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 600,
      description: "Seconds until the engine kills a container that does not end; default: the container's own, 10",
    }),
  ),
});

export const containerList = listing(containerFields, {
  sort: 'name',
  further: {
    all: Type.Boolean({ default: true, description: 'Containers that do not run, too' }),
  },
});
export const imageList = listing(imageFields, { sort: 'name' });

/** The Docker Engines of the sites. The reference document has none of this. */
export const dockerEndpoints = {
  listDockerHosts: endpoint({
    method: 'GET',
    path: '/api/v1/docker/hosts',
    summary: 'List the Docker hosts',
    description:
      'A host is an agent whose machine has a Docker Engine. The hub asks each engine now, for 5 seconds at most. A host whose engine does not answer has the reason.',
    permission: 'docker.read',
    response: Type.Array(
      Type.Object(
        {
          id: Type.String({ format: 'uuid', description: 'Id of the agent' }),
          name: Type.String({ description: 'Name of the agent' }),
          site: Type.String(),
          reachable: Type.Boolean(),
          reason: Type.Union([Type.String(), Type.Null()], { description: 'Why the engine does not answer' }),
          engine: Type.Union([
            Type.Object(
              {
                version: Type.String(),
                os: Type.String(),
                architecture: Type.String(),
                cpus: Type.Number(),
                memory_bytes: Type.Number(),
                containers: Type.Number(),
                running: Type.Number(),
                images: Type.Number(),
              },
              { title: 'DockerEngine' },
            ),
            Type.Null(),
          ]),
        },
        { title: 'DockerHost' },
      ),
    ),
    extension: true,
  }),
  listContainers: endpoint({
    method: 'GET',
    path: '/api/v1/docker/hosts/{host_id}/containers',
    summary: 'List the containers of a Docker host',
    description: `The hub filters the newest ${MOST_LISTED} containers. Containers of other persons' own servers are in the list of an admin only.`,
    permission: 'docker.read',
    params: HostParams,
    query: containerList.query,
    response: Type.Array(
      Type.Object(
        { ...summary, status: Type.String({ description: "The engine's words, such as `Up 2 hours`" }) },
        { title: 'DockerContainer' },
      ),
    ),
    extra: PageMetadata,
    extension: true,
  }),
  getContainer: endpoint({
    method: 'GET',
    path: '/api/v1/docker/hosts/{host_id}/containers/{container}',
    summary: 'Get a container',
    description: 'The answer has the names of the environment variables, and never their values.',
    permission: 'docker.read',
    params: ContainerParams,
    response: Type.Object({
      ...summary,
      site: Type.String(),
      image_id: Type.String(),
      command: Type.Array(Type.String()),
      user: Type.String(),
      workdir: Type.String(),
      hostname: Type.String(),
      tty: Type.Boolean(),
      env: Type.Array(Type.String(), { description: 'Names' }),
      pid: Type.Number(),
      exit_code: Type.Number(),
      error: Type.String(),
      oom_killed: Type.Boolean(),
      health: Type.String({ description: 'Empty: the image has no health check' }),
      started_at: TimeOrNever,
      finished_at: TimeOrNever,
      restart_count: Type.Number(),
      restart: Type.String({ description: 'The restart policy, such as `unless-stopped`' }),
      mounts: Type.Array(
        Type.Object({
          type: Type.String(),
          source: Type.String(),
          target: Type.String(),
          read_only: Type.Boolean(),
        }),
      ),
      networks: Type.Array(Type.Object({ name: Type.String(), ip: Type.String() })),
      memory_bytes: Type.Number({ description: 'The limit; 0: none' }),
      cpus: Type.Number({ description: 'The limit; 0: none' }),
      privileged: Type.Boolean(),
    }),
    extension: true,
  }),
  startContainer: endpoint({
    method: 'POST',
    path: '/api/v1/docker/hosts/{host_id}/containers/{container}/start',
    summary: 'Start a container',
    description: 'The hub refuses a container that runs a server of Roundhouse. This needs role operator.',
    permission: 'docker.operate',
    audit: 'container.start',
    params: ContainerParams,
    response: Outcome,
    extension: true,
  }),
  stopContainer: endpoint({
    method: 'POST',
    path: '/api/v1/docker/hosts/{host_id}/containers/{container}/stop',
    summary: 'Stop a container',
    description:
      'The container stays, and can be started again. The hub refuses a container that runs a server of Roundhouse. This needs role operator.',
    permission: 'docker.operate',
    audit: 'container.stop',
    params: ContainerParams,
    body: Ending,
    bodyOptional: true,
    example: { timeout: 5 },
    response: Outcome,
    extension: true,
  }),
  restartContainer: endpoint({
    method: 'POST',
    path: '/api/v1/docker/hosts/{host_id}/containers/{container}/restart',
    summary: 'Restart a container',
    description:
      'The restart runs once and is never repeated. The hub refuses a container that runs a server of Roundhouse. This needs role operator.',
    permission: 'docker.operate',
    audit: 'container.restart',
    params: ContainerParams,
    body: Ending,
    bodyOptional: true,
    example: { timeout: 5 },
    response: Outcome,
    extension: true,
  }),
  readContainerLog: endpoint({
    method: 'GET',
    path: '/api/v1/docker/hosts/{host_id}/containers/{container}/logs',
    summary: 'Get logs for a container',
    description:
      'Without `follow` the answer is JSON with up to a million characters of the log. With `follow` the answer is the text of the log, for as long as the client stays and the container runs. This needs role operator.',
    permission: 'docker.logs',
    params: ContainerParams,
    query: Type.Object({
      tail_lines: Type.Integer({ minimum: 1, maximum: 2000, default: 100, description: 'How many of the last lines' }),
      since_seconds: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Only lines of this many past seconds' }),
      ),
      timestamps: Type.Boolean({ default: false, description: 'Each line of a followed log begins with its time' }),
      follow: Type.Boolean({ default: false, description: 'Answer with the log as it goes on, chunk by chunk' }),
    }),
    response: Type.Object({
      lines: Type.Array(
        Type.Object(
          {
            time: Type.String({ description: 'ISO 8601, to the nanosecond; empty if the engine does not say' }),
            stream: Type.Enum(['stdout', 'stderr'] as const),
            message: Type.String(),
          },
          { title: 'ContainerLogLine' },
        ),
        { description: 'Oldest first' },
      ),
      truncated: Type.Boolean({ description: 'The log is longer, and its last part is left out' }),
    }),
    headers: ['accept-encoding'],
    produces: ['text/plain'],
    extension: true,
  }),
  execInContainer: endpoint({
    method: 'POST',
    path: '/api/v1/docker/hosts/{host_id}/containers/{container}/exec',
    summary: 'Execute a command in a container',
    description:
      'The command runs once and is never repeated. A client that hangs up ends it. A command that fails is an answer with its exit code, not an error. This needs role admin.',
    permission: 'docker.execute',
    audit: 'container.exec',
    params: ContainerParams,
    body: Type.Object({
      command: Arguments({ minItems: 1, description: 'The program and its arguments; no shell reads them' }),
      stdin: Type.Optional(
        Type.String({ maxLength: OUTPUT_BYTES, description: "The command's input, which ends there" }),
      ),
      env: Type.Optional(EnvValues({ description: 'Environment variables of the command' })),
      user: Type.Optional(Type.String({ maxLength: 128, description: "Name or id; default: the container's user" })),
      workdir: Type.Optional(Type.String({ maxLength: 1024, description: 'An absolute path' })),
      timeout: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 3600, description: 'Seconds; then it is ended; default 60' }),
      ),
    }),
    example: { command: ['ls', '-l', '/tmp'], timeout: 10 },
    response: Type.Object({
      stdout: Type.String(),
      stderr: Type.String(),
      exit_code: Type.Number(),
      truncated: Type.Boolean({ description: 'Of each output only the first MiB is kept' }),
      duration_ms: Type.Number(),
    }),
    extension: true,
  }),
  openContainerTerminal: endpoint({
    method: 'POST',
    path: '/api/v1/docker/hosts/{host_id}/containers/{container}/terminals',
    summary: 'Open a terminal in a container',
    description: `${TERMINAL} The hub notes in the audit log when the terminal is opened and closed. This needs role admin.`,
    permission: 'docker.execute',
    audit: 'container.terminal.open',
    params: ContainerParams,
    body: Type.Object({
      command: TerminalCommand,
      user: Type.Optional(Type.String({ maxLength: 128, description: "Name or id; default: the container's user" })),
    }),
    bodyOptional: true,
    example: { command: ['/bin/bash'] },
    response: TerminalTicket,
    status: 201,
    extension: true,
  }),
  listImages: endpoint({
    method: 'GET',
    path: '/api/v1/docker/hosts/{host_id}/images',
    summary: 'List the images of a Docker host',
    description: `The hub filters the newest ${MOST_LISTED} images. Each image has the number of containers that were made from it.`,
    permission: 'docker.read',
    params: HostParams,
    query: imageList.query,
    response: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          tags: Type.Array(Type.String()),
          digests: Type.Array(Type.String()),
          bytes: Type.Number(),
          containers: Type.Number(),
          created_at: Time,
        },
        { title: 'DockerImage' },
      ),
    ),
    extra: PageMetadata,
    extension: true,
  }),
};

export function dockerHandlers({ docker, terminals }: Domain): Handlers<typeof dockerEndpoints> {
  return {
    async listDockerHosts(_input, { origin }) {
      const hosts = await docker.hosts.list(origin);
      return hosts.map(({ agent: { id, name, site }, info, error }) => ({
        ...{ id, name, site, reachable: info !== undefined, reason: error ?? null },
        engine: info
          ? {
              version: info.version,
              os: info.os,
              architecture: info.architecture,
              cpus: info.cpus,
              memory_bytes: info.memoryBytes,
              containers: info.containers,
              running: info.running,
              images: info.images,
            }
          : null,
      }));
    },

    async listContainers({ params, query }, context) {
      const { origin, signal } = context;
      const asked = containerList.read(query, context);
      const range = { all: query.all, name: '', labels: [], limit: MOST_LISTED };
      const { containers, total } = await docker.containers.list(origin, hostOf(params), range, signal);
      const page = await pageOf(sourceOf(containers), containerList.fields, asked);
      const complete = page.complete && containers.length >= total;
      return pageReply(asked, { ...page, complete }, (container) => ({
        ...renderSummary(container),
        status: container.status,
      }));
    },

    async getContainer({ params }, { origin, signal }) {
      const found = await docker.containers.get(origin, hostOf(params), params.container, signal);
      return { ...renderDetails(found), site: found.site };
    },

    async startContainer({ params }, context) {
      note(context, params);
      return renderOutcome(await docker.containers.start(context.origin, hostOf(params), params.container));
    },

    async stopContainer({ params, body: { timeout } }, context) {
      note(context, params);
      const limitMs = timeout === undefined ? undefined : timeout * 1000;
      return renderOutcome(await docker.containers.stop(context.origin, hostOf(params), params.container, limitMs));
    },

    async restartContainer({ params, body: { timeout } }, context) {
      note(context, params);
      const limitMs = timeout === undefined ? undefined : timeout * 1000;
      return renderOutcome(await docker.containers.restart(context.origin, hostOf(params), params.container, limitMs));
    },

    async readContainerLog({ params, query }, context) {
      const { tail_lines: lines, since_seconds: sinceSeconds, timestamps, follow } = query;
      const { origin, signal } = context;
      const sinceMs = sinceSeconds === undefined ? 0 : Math.max(1, Date.now() - sinceSeconds * 1000);
      const choice = hostOf(params);
      if (!follow) {
        const range = { lines, sinceMs, untilMs: 0, followMs: 0 };
        const read = await docker.logs.read(origin, choice, params.container, range, { signal });
        return { lines: [...read.lines], truncated: read.truncated };
      }
      const range = { lines, sinceMs, timestamps };
      const text = await docker.logs.follow(origin, choice, params.container, range, signal);
      const headers = { 'Cache-Control': 'no-store', Vary: 'Accept-Encoding' };
      return acceptsGzip(context.header('accept-encoding'))
        ? new StreamReply(LOG_TYPE, gzipped(text), { ...headers, 'Content-Encoding': 'gzip' })
        : new StreamReply(LOG_TYPE, text, headers);
    },

    async execInContainer({ params, body }, context) {
      const { command, stdin, env = {}, user = '', workdir = '', timeout = 60 } = body;
      note(context, params, { ...docker.runs.audited({ command, env, user }) });
      const asked = {
        ...{ container: params.container, command, env, user, workdir },
        ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin) }),
        ...{ timeoutMs: timeout * 1000, maxOutputBytes: OUTPUT_BYTES },
      };
      const { signal } = context;
      const output = await docker.runs.exec(context.origin, hostOf(params), asked, { signal });
      const { stdout, stderr, exitCode, truncated, durationMs } = output;
      return { stdout, stderr, exit_code: exitCode, truncated, duration_ms: durationMs };
    },

    async openContainerTerminal({ params, body: { command = SHELL, user = '' } }, context) {
      note(context, params);
      const { caller, origin } = context;
      const target = await docker.terminals.target(origin, hostOf(params), params.container, { command, user });
      return renderTicket(terminals.ticket(caller, origin, target));
    },

    async listImages({ params, query }, context) {
      const { origin, signal } = context;
      const asked = imageList.read(query, context);
      const range = { name: '', limit: MOST_LISTED };
      const { images, total } = await docker.images.list(origin, hostOf(params), range, signal);
      const page = await pageOf(sourceOf(images), imageList.fields, asked);
      const complete = page.complete && images.length >= total;
      return pageReply(asked, { ...page, complete }, ({ id, tags, digests, bytes, containers, createdAt }) => ({
        ...{ id, tags: [...tags], digests: [...digests], bytes, containers },
        created_at: isoTime(createdAt),
      }));
    },
  };
}

function hostOf({ host_id }: { readonly host_id: string }) {
  return { host: host_id };
}

/** The resource of an audit entry about a refused or failed request: the domain writes the entry of a success. */
function note({ audit }: Context, { host_id, container }: ContainerPath, details: Record<string, unknown> = {}): void {
  audit.resource = { type: 'container', id: container };
  audit.details = { ...details, host: host_id };
}

function renderOutcome({ id, name, state, changed }: ContainerOutcome) {
  return { id, name, state, changed };
}

function renderSummary(found: Omit<ContainerSummary, 'status'>) {
  const { id, name, image, state, ports, labels, serverId, createdAt } = found;
  return {
    ...{ id, name, image, state, ports: [...ports], labels: { ...labels } },
    server_id: serverId || null,
    created_at: isoTime(createdAt),
  };
}

function renderDetails(found: ContainerDetails) {
  const { user, workdir, hostname, tty, pid, error, health, restart, cpus, privileged } = found;
  return {
    ...renderSummary(found),
    ...{ user, workdir, hostname, tty, pid, error, health, restart, cpus, privileged },
    image_id: found.imageId,
    command: [...found.command],
    env: [...found.env],
    exit_code: found.exitCode,
    oom_killed: found.oomKilled,
    started_at: isoTimeOrNull(found.startedAt || undefined),
    finished_at: isoTimeOrNull(found.finishedAt || undefined),
    restart_count: found.restartCount,
    mounts: found.mounts.map(({ type, source, target, readOnly }) => ({ type, source, target, read_only: readOnly })),
    networks: found.networks.map(({ name, ip }) => ({ name, ip })),
    memory_bytes: found.memoryBytes,
  };
}
