import t from 'tap';
import { promptMethods } from '../../../hub/api/mcp/methods/prompts.js';

t.test('the hub works out the names of a list of prompts once, however often clients ask', async (t) => {
  let read = 0;
  const listed = Array.from({ length: 3 }, (_, n) => ({
    get key() {
      read += 1;
      return `prompt ${n}`;
    },
    json: `{"name":"prompt ${n}"}`,
  }));
  const server = { id: 's', name: 'server' };
  const lists = { gather: async () => new Map([[server, listed]]), has: () => true, isKnown: () => true };
  const registry = { all: () => [server], find: () => undefined };
  const domain = { mcp: { clients: { lists } }, registry } as unknown as Parameters<typeof promptMethods>[0];
  const methods = promptMethods(domain);
  const call = { view: { reads: true, covers: () => true, key: '' } } as never;
  for (let n = 0; n < 5; n++) {
    t.equal(JSON.parse(String(await methods['prompts/list'](call, {}))).prompts.length, 3);
    await t.rejects(async () => methods['prompts/get'](call, { name: 'nope' }), { code: -32602 });
  }
  t.equal(read, 3, 'each once');
});
