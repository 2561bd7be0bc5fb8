import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { builtinTemplates } from '../../../hub/domain/templates/catalog.js';
import { asksPublicRegistries } from '../../nightly.js';
import { part } from '../../parts.js';
import { tempFolder } from '../../temp-folder.js';

const script = fileURLToPath(new URL('../../../.ci/check-templates.mjs', import.meta.url));

/** npm's and PyPI's registries at one address, with the packages named; gives the address. */
async function startRegistry(t: Test, npm: readonly string[], pypi: readonly string[], broken = false) {
  const server = createServer(({ url = '' }, response) => {
    const path = decodeURIComponent(url);
    const name = path.replace(/^\/(simple\/)?|\/$/g, '');
    const known = path.startsWith('/simple/') ? pypi.includes(name) : npm.includes(name);
    if (broken || !known) response.writeHead(broken ? 503 : 404).end('{}');
    else if (path.startsWith('/simple/')) {
      const file = `${name.replaceAll(/[-.]/g, '_')}-1.2.3.tar.gz`;
      response.setHeader('Content-Type', 'text/html').end(`<!doctype html><a href="${file}">${file}</a>`);
    } else {
      const versions = { '1.2.3': { name, version: '1.2.3' } };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.2.3' }, versions }));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function check(t: Test, registry: string, ids: readonly string[]) {
  const own = { npm_config_registry: registry, npm_config_cache: tempFolder(t), PIP_INDEX_URL: `${registry}/simple` };
  const env = { ...process.env, ...own, PIP_CONFIG_FILE: '/dev/null', PIP_EXTRA_INDEX_URL: '', no_proxy: '127.0.0.1' };
  const child = spawn(process.execPath, [script, ...ids], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, text };
}

const asked = ['builtin-github', 'builtin-aws-documentation'];

t.test('packages that exist', async (t) => {
  if (!part(t, 'pip')) return;
  const registry = await startRegistry(
    t,
    ['@modelcontextprotocol/server-github'],
    ['awslabs-aws-documentation-mcp-server'],
  );
  const { code, text } = await check(t, registry, asked);
  t.match(text, /2 templates: 2 exist/);
  t.equal(code, 0);
});

t.test('packages that do not exist are named', async (t) => {
  if (!part(t, 'pip')) return;
  const { code, text } = await check(t, await startRegistry(t, [], []), asked);
  t.match(text, /builtin-github: @modelcontextprotocol\/server-github does not exist/);
  t.match(text, /builtin-aws-documentation: awslabs\.aws-documentation-mcp-server does not exist/);
  t.equal(code, 1);
});

t.test('a registry out of reach says nothing about a package', async (t) => {
  if (!part(t, 'pip')) return;
  const { code, text } = await check(t, await startRegistry(t, [], [], true), asked);
  t.match(text, /0 do not, 2 unknown/);
  t.equal(code, 3);
});

t.test('every package exists at its registry', asksPublicRegistries, async (t) => {
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = (await once(child, 'close')) as [number];
  t.equal(code, 0, text);
});

t.test('the catalogue is sound', async (t) => {
  t.ok(builtinTemplates.length >= 20);
  t.equal(new Set(builtinTemplates.map(({ id }) => id)).size, builtinTemplates.length, 'ids are unique');
  for (const { id, npmPackage, pypiPackage, args, envPlaceholders, variables, ...template } of builtinTemplates) {
    t.match(id, /^builtin-[a-z0-9-]+$/);
    t.equal(Number(npmPackage !== null) + Number(pypiPackage !== null), 1, `${id}: one package`);
    t.ok(args.includes(npmPackage ?? pypiPackage ?? ''), `${id}: and that is run`);
    t.equal(template.command, npmPackage === null ? 'uvx' : 'npx');
    t.ok(URL.canParse(template.documentation));
    const keys = envPlaceholders.map(({ key }) => key);
    const named = [...args.join(' ').matchAll(/\$\{(\w+)\}/g)].map(([, key]) => key);
    t.same(
      [...named, ...Object.keys(variables)].filter((key) => !keys.includes(key ?? '')),
      [],
      'they are known',
    );
    for (const key of named)
      t.ok(envPlaceholders.find((placeholder) => placeholder.key === key)?.required, `${id}: ${key} is required`);
  }
});
