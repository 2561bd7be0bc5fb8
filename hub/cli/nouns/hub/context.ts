import { resolve } from 'node:path';
import { officialRegistry } from '../../../domain/registry/queries.js';
import { argument, localCommand, type Noun, required, text } from '../../frame/command.js';
import { hubAddress, warningAbout } from '../../frame/connection.js';
import { ContextFile } from '../../frame/contexts.js';
import { readSecret } from '../../frame/prompt.js';
import { registryUrl } from '../../frame/registry.js';

const name = argument('name of the context');

/** `roundhouse context`. */
export const context: Noun = {
  name: 'context',
  summary: 'hubs by name, each with its key',
  commands: [
    localCommand({
      name: 'list',
      summary: 'list the contexts; the current one is used where no option and no variable names a hub',
      example: 'roundhouse context list',
      async run({ out, terminal }) {
        const { current, contexts } = await new ContextFile(terminal.env, terminal.home).read();
        const items = Object.entries(contexts).map(([name, { hub, registry = null }]) => ({
          name,
          hub,
          registry,
          current: name === current,
        }));
        const columns = {
          CURRENT: (item: (typeof items)[number]) => (item.current ? '*' : ' '),
          NAME: (item: (typeof items)[number]) => item.name,
          HUB: (item: (typeof items)[number]) => item.hub,
          REGISTRY: (item: (typeof items)[number]) => item.registry,
        };
        await out.list(items, columns, (item) => item.name, "no contexts: 'roundhouse context add' makes one");
      },
    }),
    localCommand({
      name: 'add',
      summary: 'name a hub and keep its key; the key is read from a file or from standard input',
      example: 'roundhouse context add prod --hub https://hub.example.org --key-file prod.key',
      args: { name },
      options: {
        hub: required(text('<url>', 'the hub')),
        keyFile: text('<file>', 'file that holds the API key; default: standard input'),
        registry: text('<url>', 'the MCP registry, or a mirror, that registry commands ask; default: the official one'),
      },
      async run({ args, options, out, terminal, signal }) {
        const registry = options.registry === undefined ? {} : { registry: registryUrl(options.registry) };
        const hub = hubAddress(options.hub);
        const key = (await readSecret(out, 'API key', options.keyFile)).trim();
        const warning = await warningAbout({ hub, key }, { signal, out });
        const file = new ContextFile(terminal.env, terminal.home);
        await file.put(args.name, { hub, key, ...registry });
        const { current } = await file.read();
        await out.done(
          `context '${args.name}' is kept in ${resolve(file.path)}${current === args.name ? ' and is the current one' : ''}`,
          { name: args.name, hub, ...registry, current: current === args.name },
        );
        if (warning !== undefined) out.warn(warning.text);
      },
    }),
    localCommand({
      name: 'set',
      summary: 'change the MCP registry of a context',
      example: 'roundhouse context set prod --registry https://registry.example.org',
      args: { name },
      options: {
        registry: required(
          text('<url>', "the registry, or a mirror, that registry commands ask; '' for the official one"),
        ),
      },
      async run({ args, options, out, terminal }) {
        const file = new ContextFile(terminal.env, terminal.home);
        const { hub, key } = await file.get(args.name);
        const registry = options.registry === '' ? {} : { registry: registryUrl(options.registry) };
        await file.put(args.name, { hub, key, ...registry });
        await out.done(`context '${args.name}' asks ${registry.registry ?? officialRegistry}`, {
          ...{ name: args.name, hub },
          registry: registry.registry ?? null,
        });
      },
    }),
    localCommand({
      name: 'use',
      summary: 'make a context the current one',
      example: 'roundhouse context use prod',
      args: { name },
      async run({ args, out, terminal }) {
        await new ContextFile(terminal.env, terminal.home).use(args.name);
        await out.done(`'${args.name}' is the current context`, { name: args.name, current: true });
      },
    }),
    localCommand({
      name: 'remove',
      summary: 'forget a context and its key; the hub still accepts the key',
      example: 'roundhouse context remove old',
      args: { name },
      async run({ args, out, terminal }) {
        await new ContextFile(terminal.env, terminal.home).remove(args.name);
        await out.done(`context '${args.name}' is forgotten`, { name: args.name, removed: true });
      },
    }),
  ],
};
