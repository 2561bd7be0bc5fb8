import t from 'tap';
import { completionMethods } from '../../../hub/api/mcp/methods/prompts.js';
import { resourceMethods } from '../../../hub/api/mcp/methods/resources.js';
import { helloOf } from '../../../hub/api/mcp/rev2025-11-25/initialize.js';
import { readMeta } from '../../../hub/api/mcp/rev2026-07-28/meta.js';

const PREFIX = 'io.modelcontextprotocol/';

/** Reads a description in both eras. */
function read(capabilities: object, info: object): void {
  helloOf(capabilities, info);
  meta(capabilities, info);
}

function meta(capabilities: object, info: object) {
  const own = { protocolVersion: '2026-07-28', clientCapabilities: capabilities, clientInfo: info };
  return readMeta({ _meta: Object.fromEntries(Object.entries(own).map(([name, value]) => [PREFIX + name, value])) });
}

t.test('a description of a client that is long, or has many values, is refused in both eras', async (t) => {
  const long = { name: 'x'.repeat(4096) };
  const detailed = { x: Array.from({ length: 200 }, () => ({})) };
  for (const [value, problem] of [
    [long, /has 4107 characters; the limit is 4096/],
    [detailed, /has more than 200 values/],
  ] as const) {
    const error = (field: string) => ({ code: -32602, message: problem, data: { field } });
    t.throws(() => helloOf(value, {}), error('capabilities'));
    t.throws(() => helloOf({}, value), error('clientInfo'));
    t.throws(() => meta(value, {}), error(`_meta['${PREFIX}clientCapabilities']`));
    t.throws(() => meta({}, value), error(`_meta['${PREFIX}clientInfo']`));
  }
});

t.test('descriptions of common clients are taken in both eras', async (t) => {
  const capabilities = {
    roots: { listChanged: true },
    sampling: { context: {}, tools: {} },
    elicitation: { form: {}, url: {} },
    tasks: { list: {}, cancel: {}, requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
    experimental: { 'example/one': {}, 'example/two': { version: 1 } },
    extensions: { [`${PREFIX}ui`]: { mimeTypes: ['text/html;profile=mcp-app'] } },
  };
  const icons = [16, 32, 64, 512].map((size) => ({
    src: `https://client.example/icons/${size}.png`,
    mimeType: 'image/png',
    sizes: [`${size}x${size}`],
  }));
  const info = { name: 'client', title: 'A client', version: '1.2.3', websiteUrl: 'https://client.example', icons };
  t.doesNotThrow(() => read(capabilities, info));
  t.doesNotThrow(() => read({}, { name: 'x'.repeat(4000), version: '1' }));
});

t.test('a URI of more than 2,048 characters is refused before the hub looks for its server', async (t) => {
  const domain = { mcp: { clients: {} } } as unknown as Parameters<typeof resourceMethods>[0];
  const uri = `memo://${'x'.repeat(2042)}`;
  const error = (field: string) => ({
    code: -32602,
    message: `Invalid params: ${field} has 2049 characters; the limit is 2048`,
    data: { field },
  });
  for (const serverId of [undefined, 's1']) {
    const call = { view: { reads: true, serverId } } as never;
    const resources = resourceMethods(domain);
    for (const method of ['resources/read', 'resources/subscribe', 'resources/unsubscribe'] as const)
      await t.rejects(async () => resources[method](call, { uri }), error('uri'), method);
    const complete = completionMethods(domain)['completion/complete'];
    await t.rejects(async () => complete(call, { ref: { type: 'ref/resource', uri } }), error('ref.uri'));
  }
});
