import { command, type Noun, text, yes } from '../../frame/command.js';
import { confirm } from '../../frame/prompt.js';
import { counted, defined } from '../../frame/values.js';

/** `roundhouse cache`. */
export const cache: Noun = {
  name: 'cache',
  summary: 'answers of tools that the hub keeps',
  commands: [
    command({
      name: 'show',
      summary: 'show how much the cache holds, and how often it answers',
      example: 'roundhouse cache show',
      async run({ hub, out, signal }) {
        const found = await hub.connect.cache.getStats({ signal });
        const facts = {
          ...{ enabled: found.enabled, entries: found.entries, hits: found.hits, misses: found.misses },
          'hit rate': `${Math.round(found.hitRate * 100)} %`,
          memory: found.memoryUsage,
          'oldest entry': found.oldestEntry,
        };
        await out.record(found, facts, String(found.entries));
      },
    }),
    command({
      name: 'clear',
      summary: 'drop answers from the cache: all of them, or those of a server or of some tools',
      example: "roundhouse cache clear --server files --tools 'read_*'",
      options: {
        server: text('<name>', 'only answers of this server (name or id)'),
        tools: text('<pattern>', 'only answers of these tools: * stands for any characters, ? for one'),
        yes,
      },
      async run({ hub, options: { server, tools, yes }, out }) {
        if (server === undefined && tools === undefined) await confirm(out, 'Clear the whole cache?', yes);
        const result = await hub.connect.cache.clear(defined({ serverId: server, pattern: tools }));
        await out.done(`${counted(result.cleared, 'answer')} dropped`, result);
      },
    }),
  ],
};
