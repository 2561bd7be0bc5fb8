import type { backend } from '@roundhouse/sdk';
import { argument, type Context, command, many, type Noun, text, yes } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns } from '../../frame/output.js';
import { confirm } from '../../frame/prompt.js';
import { all, defined, firstLine, objectInFile } from '../../frame/values.js';
import { readValues } from './given.js';

const columns: Columns<backend.McpDefinition> = {
  DEFINITION: ({ name }) => name,
  TYPE: ({ mcp_type }) => mcp_type,
  VERSION: ({ latest_version }) => latest_version.version,
  DESCRIPTION: ({ description }) => firstLine(description),
  ID: ({ id }) => id,
};

const definition = argument('id or name of the definition');
const file = argument("its configuration in JSON or YAML, such as '{type: npm, package: …}'; - for standard input");
const description = text('<text>', 'the purpose of the definition');
const version = text('<number>', 'version of the definition; default: the latest');
const values = {
  env: many('<NAME=VALUE>', 'environment variable that is no secret; NAME alone takes the value from here; repeatable'),
  secret: many('<NAME>', 'environment variable whose value is read from standard input; repeatable'),
};

/** `roundhouse definition`. */
export const definitionNoun: Noun = {
  name: 'definition',
  summary: 'definitions with versions, from which servers are registered',
  commands: [
    command({
      name: 'list',
      summary: 'list the definitions',
      example: 'roundhouse definition list',
      async run({ hub, out, signal }) {
        const found = await all(hub.backend.mcpDefinitions.listAll({ limit: 100 }, { signal }));
        await out.list(found, columns, ({ name }) => name, 'no definitions');
      },
    }),
    command({
      name: 'show',
      summary: 'show a definition and its versions',
      example: 'roundhouse definition show memory',
      args: { definition },
      async run({ hub, args, out }) {
        const found = await hub.backend.mcpDefinitions.get(args.definition);
        const facts = { definition: found.name, id: found.id, type: found.mcp_type, description: found.description };
        await out.record(found, facts, found.id);
        if (out.form === 'people')
          out.section('Versions', found.versions, {
            VERSION: ({ version }) => version,
            CREATED: ({ created_at }) => created_at,
            CONFIGURATION: ({ config }) => JSON.stringify(config),
          });
      },
    }),
    command({
      name: 'add',
      summary: 'make a definition from a file',
      example: 'roundhouse definition add memory memory.yaml',
      args: { name: argument('name of the definition'), file },
      options: { description },
      async run({ hub, args, options, out, terminal }) {
        const config = await configIn(args.file, terminal);
        const made = await hub.backend.mcpDefinitions.create({
          ...{ name: args.name, mcp_type: config.type, config },
          ...defined({ description: options.description }),
        });
        await out.done(`definition '${made.name}' is there`, made);
      },
    }),
    command({
      name: 'set',
      summary: 'give a definition a new version from a file; its servers stay at their version',
      example: 'roundhouse definition set memory memory.yaml',
      args: { definition, file },
      options: { description },
      async run({ hub, args, options, out, terminal }) {
        const config = await configIn(args.file, terminal);
        const body = { config, ...defined({ description: options.description }) };
        const changed = await hub.backend.mcpDefinitions.update(args.definition, body);
        await out.done(`definition '${changed.name}' has version ${changed.latest_version.version}`, changed);
      },
    }),
    command({
      name: 'register',
      summary: "register a server from a definition; 'roundhouse server connect' starts it",
      example: 'roundhouse definition register memory memory-1 --site berlin',
      args: { definition, server: argument('name of the server') },
      options: { ...values, version, site: text('<name>', "where it runs; default: the only site, or 'local'") },
      async run({ hub, args, options, out }) {
        const { site, version } = options;
        const env = await envOf(options, out);
        const body = { name: args.server, env, ...defined({ site, version }) };
        const made = await hub.backend.mcpDefinitions.registerServer(args.definition, body);
        await out.done(`server '${made.name}' is registered at site ${made.site}`, made);
      },
    }),
    command({
      name: 'update',
      summary: 'update a server to a version of its definition; variables that are not given again are dropped',
      example: 'roundhouse definition update memory memory-1',
      args: { definition, server: argument('id or name of the server') },
      options: { ...values, version },
      async run({ hub, args, options, out }) {
        const given = options.env.length + options.secret.length > 0;
        const body = { ...(given ? { env: await envOf(options, out) } : {}), ...defined({ version: options.version }) };
        const changed = await hub.backend.mcpDefinitions.updateServer(args.definition, args.server, body);
        await out.done(`server '${changed.name}' has the configuration of its definition`, changed);
      },
    }),
    command({
      name: 'remove',
      summary: 'remove a definition with all its versions',
      example: 'roundhouse definition remove memory --yes',
      args: { definition },
      options: { yes },
      async run({ hub, args, options, out }) {
        await confirm(out, `Remove definition '${args.definition}'?`, options.yes);
        await hub.backend.mcpDefinitions.delete(args.definition);
        await out.done(`definition '${args.definition}' is removed`, { definition: args.definition, removed: true });
      },
    }),
  ],
};

async function configIn(file: string, { stdin }: Context['terminal']): Promise<backend.DefinitionConfig> {
  const config = await objectInFile<backend.DefinitionConfig>('the configuration', file, stdin);
  if (typeof config.type === 'string') return config;
  throw new CommandError("the configuration: 'type' is missing, such as npm, pypi, docker, stdio or http", 'usage');
}

async function envOf(
  { env, secret }: { readonly env: readonly string[]; readonly secret: readonly string[] },
  out: Context['out'],
) {
  const given = { env, secret, envFile: undefined, header: [], secretHeader: [] };
  return (await readValues(out, given)).env;
}
