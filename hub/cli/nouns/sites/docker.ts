import type { Roundhouse } from '@roundhouse/sdk';
import { argument, command, flag, type Noun, parsed, rest, text, withDefault, yes } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import { operate } from '../../frame/operation.js';
import type { Columns } from '../../frame/output.js';
import { confirm } from '../../frame/prompt.js';
import { pick, seconds, wholeNumber } from '../../frame/values.js';

interface Host {
  readonly site: string;
  readonly agent: string;
  readonly reachable: boolean;
  readonly version?: string;
  readonly reason?: string | null;
}

interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  readonly status: string;
  readonly ports: readonly string[];
  readonly createdAt: string;
}

interface Image {
  readonly id: string;
  readonly tags: readonly string[];
  readonly bytes: number;
  readonly containers: number;
  readonly createdAt: string;
}

/** Options that choose a Docker Engine. */
const engine = {
  site: text('<name>', 'the site of the Docker Engine; needed if several sites have one'),
  agent: text('<name>', 'the agent, if the site has several engines'),
};

const container = argument('name or id of the container');
const image = argument('such as nginx:1.27');

const hostColumns: Columns<Host> = {
  SITE: ({ site }) => site,
  AGENT: ({ agent }) => agent,
  REACHABLE: ({ reachable }) => reachable,
  VERSION: ({ version }) => version,
  REASON: ({ reason }) => reason,
};

const containerColumns: Columns<Container> = {
  CONTAINER: ({ name }) => name,
  IMAGE: ({ image }) => image,
  STATE: ({ state }) => state,
  STATUS: ({ status }) => status,
  PORTS: ({ ports }) => ports.join(', '),
  ID: ({ id }) => id.slice(0, 12),
};

const imageColumns: Columns<Image> = {
  IMAGE: ({ tags, id }) => tags[0] ?? id.slice(0, 19),
  MIB: ({ bytes }) => Math.round(bytes / 1024 / 1024),
  CONTAINERS: ({ containers }) => containers,
  CREATED: ({ createdAt }) => createdAt,
};

/** The id of the host that the options choose. @throws CommandError if they match no host, or several */
async function hostOf(
  { hub }: { readonly hub: Roundhouse },
  options: { readonly site?: string; readonly agent?: string },
) {
  const hosts = (await hub.infrastructure.docker.listHosts()).filter(
    ({ id, name, site }) =>
      (options.site === undefined || site === options.site) &&
      (options.agent === undefined || name === options.agent || id === options.agent),
  );
  const [host] = hosts;
  if (!host) throw new CommandError('no such site or agent has a Docker Engine', 'missing');
  if (hosts.length === 1) return host.id;
  const names = hosts.map(({ site, name }) => `${name} at ${site}`).join(', ');
  throw new CommandError(`several hosts have a Docker Engine: ${names}; name one with --site and --agent`, 'usage');
}

/** A command for a container. `verb` names the hub's operation. */
const act = (verb: 'start' | 'stop' | 'restart', past: string) =>
  command({
    name: verb,
    summary: `${verb} a container`,
    example: `roundhouse docker ${verb} web --site berlin`,
    args: { container },
    options: engine,
    async run(context) {
      const { args, options, out } = context;
      out.progress.show(`${verb} ${args.container}`);
      const result = await operate(context, `roundhouse_${verb}_container`, {
        ...pick(options, ['site', 'agent']),
        ...args,
      });
      await out.done(`${args.container} is ${past}`, result);
    },
  });

/** `roundhouse docker`. */
export const docker: Noun = {
  name: 'docker',
  summary: "containers and images of the sites' Docker Engines",
  commands: [
    command({
      name: 'hosts',
      summary: 'list the sites that have a Docker Engine',
      example: 'roundhouse docker hosts',
      async run(context) {
        const { hosts } = await operate<{ hosts: Host[] }>(context, 'roundhouse_list_docker_hosts', {});
        await context.out.list(hosts, hostColumns, ({ site }) => site, 'no site has a Docker Engine');
      },
    }),
    command({
      name: 'list',
      summary: 'list the containers of a site',
      example: 'roundhouse docker list --site berlin --all',
      options: {
        ...engine,
        all: flag('also containers that do not run', 'a'),
        limit: withDefault(parsed('<number>', 'containers to list at most', wholeNumber), 1000),
      },
      async run(context) {
        const { containers } = await operate<{ containers: Container[] }>(
          context,
          'roundhouse_list_containers',
          pick(context.options, ['site', 'agent', 'all', 'limit']),
        );
        await context.out.list(containers, containerColumns, ({ name }) => name, 'no containers');
      },
    }),
    command({
      name: 'show',
      summary: 'show a container; values of its variables are left out',
      example: 'roundhouse docker show web --json',
      args: { container },
      options: engine,
      async run(context) {
        const { args, options, out } = context;
        const asked = { ...pick(options, ['site', 'agent']), ...args };
        const found = await operate<Container & Readonly<Record<string, unknown>>>(
          context,
          'roundhouse_get_container',
          asked,
        );
        const facts = Object.entries(found).map(([name, value]) => [
          name,
          typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as string | number | null),
        ]);
        await out.record(found, Object.fromEntries(facts), found.id);
      },
    }),
    command({
      name: 'logs',
      summary: 'print the last lines of a container, and follow its log with -f',
      example: 'roundhouse docker logs web --lines 20 -f',
      args: { container },
      options: {
        ...engine,
        follow: flag('go on with new lines until Ctrl-C', 'f'),
        lines: withDefault(parsed('<number>', 'how many of the last lines, at most 2000', wholeNumber), 100),
      },
      async run(context) {
        const { args, options, out, hub, signal } = context;
        if (options.follow) {
          const host = await hostOf(context, options);
          const query = { tail_lines: options.lines };
          const lines = hub.infrastructure.docker.followContainerLog(host, args.container, query, { signal });
          for await (const line of lines) await out.item({ message: line }, line);
          return;
        }
        const asked = { ...pick(options, ['site', 'agent', 'lines']), ...args };
        type Line = { readonly timestamp?: string; readonly message: string };
        const { lines } = await operate<{ lines: readonly Line[] }>(context, 'roundhouse_get_container_logs', asked);
        for (const line of lines) await out.item(line, line.message);
      },
    }),
    act('start', 'started'),
    act('stop', 'stopped'),
    act('restart', 'restarted'),
    command({
      name: 'exec',
      summary: 'run a program in a container; exit code 6 if it fails',
      example: 'roundhouse docker exec web -- ls /srv',
      args: { container, command: rest('-- and the command line') },
      options: { ...engine, timeout: parsed('<duration>', 'how long it may take; default: 60s', seconds) },
      async run(context) {
        const { args, options, out } = context;
        out.progress.show(`running in ${args.container}`);
        const asked = { ...pick(options, ['site', 'agent', 'timeout']), ...args };
        type Result = { readonly stdout: string; readonly stderr: string; readonly exitCode: number };
        const result = await operate<Result>(context, 'roundhouse_exec_in_container', asked);
        if (out.form === 'people') {
          if (result.stderr !== '') out.say(result.stderr.replace(/\n$/, ''));
          await out.text(result.stdout);
        } else await out.record(result, {}, String(result.exitCode));
        if (result.exitCode !== 0) throw new CommandError(`the program ended with ${result.exitCode}`, 'outcome');
      },
    }),
    command({
      name: 'remove',
      summary: 'remove a container, and what it wrote outside of its volumes',
      example: 'roundhouse docker remove web --yes',
      args: { container },
      options: {
        ...engine,
        force: flag('kill it if it runs'),
        volumes: flag('and its volumes without a name'),
        yes,
      },
      async run(context) {
        const { args, options, out } = context;
        await confirm(out, `Remove container '${args.container}'?`, options.yes);
        const asked = { ...pick(options, ['site', 'agent', 'force', 'volumes']), ...args };
        await out.done(`${args.container} is removed`, await operate(context, 'roundhouse_remove_container', asked));
      },
    }),
    command({
      name: 'images',
      summary: 'list the images of a site',
      example: 'roundhouse docker images --site berlin',
      options: engine,
      async run(context) {
        const asked = pick(context.options, ['site', 'agent']);
        const { images } = await operate<{ images: Image[] }>(context, 'roundhouse_list_images', asked);
        await context.out.list(images, imageColumns, ({ tags, id }) => tags[0] ?? id, 'no images');
      },
    }),
    command({
      name: 'pull',
      summary: 'fetch an image from its registry',
      example: 'roundhouse docker pull nginx:1.27 --site berlin',
      args: { image },
      options: engine,
      async run(context) {
        const { args, options, out } = context;
        out.progress.show(`pulling ${args.image}`);
        const asked = { ...pick(options, ['site', 'agent']), ...args };
        await out.done(`${args.image} is there`, await operate(context, 'roundhouse_pull_image', asked));
      },
    }),
  ],
};
