import { chromium } from 'playwright-core';
import t from 'tap';
import { part } from '../parts.js';
import { ADMIN_KEY, startHub } from '../roundhouse.js';

/** The part of an OpenAPI document that the test reads. */
interface ApiDocument {
  readonly info: { readonly title: string };
  readonly paths: Record<string, Record<string, { readonly summary: string; readonly tags: readonly string[] }>>;
}

t.test('the page of the API reference, in a browser', async (t) => {
  if (!part(t, 'chromium')) return;
  const hub = await startHub(t);
  const limitMs = 180_000;
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox'],
    timeout: limitMs,
  });
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(limitMs);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && origin !== hub.url) problems.push(`another host: ${request.url()}`);
  });

  await t.test('its policy names no host but the hub, and no script of the page itself', async (t) => {
    for (const path of ['/', '/docs']) {
      const { headers } = await fetch(hub.url + path, { headers: { Accept: 'text/html' } });
      const [whole = '', ...rest] = (headers.get('content-security-policy') ?? '').split('; ');
      t.equal(whole, "default-src 'none'", path);
      for (const directive of rest) {
        const [name = '', ...sources] = directive.split(' ');
        const allowed = name === 'style-src' ? ["'none'", "'self'", "'unsafe-inline'"] : ["'none'", "'self'", 'data:'];
        for (const source of sources) t.ok(allowed.includes(source), `${path}: ${directive}`);
      }
    }
  });

  await t.test('the first page leads to it', async (t) => {
    await page.goto(hub.url);
    t.match(await page.textContent('h1'), /^Roundhouse \d/);
    await page.click('a[href="docs"]');
    await page.getByRole('heading', { name: 'MCP Connect', level: 1 }).waitFor();
    t.pass('its title is shown');
  });

  await t.test('a request can be tried there with a key', async (t) => {
    await hub.call('POST', '/api/groups', { name: 'night-shift' });
    await page.goto(`${hub.url}/docs#connect/tag/groups/GET/api/groups`);
    await page.getByPlaceholder('Token').first().fill(ADMIN_KEY);
    await page.getByRole('button', { name: 'Test Request (get /api/groups)' }).click();
    const client = page.getByRole('dialog');
    await client.getByRole('button', { name: /^Send get request/ }).click();
    const shown = client.getByText('"night-shift"').first();
    await shown.waitFor();
    t.ok(await shown.isVisible(), 'the page shows the answer');
  });

  for (const name of ['connect', 'mcp', 'automation', 'infrastructure', 'portal', 'backend'])
    await t.test(`${name}: its title and its last operation are shown`, async (t) => {
      const document = (await (await fetch(`${hub.url}/docs/${name}.json`)).json()) as ApiDocument;
      t.match(document, { openapi: '3.1.0' });
      const [path = '', operations = {}] = Object.entries(document.paths).at(-1) ?? [];
      const [method = '', operation] = Object.entries(operations).at(-1) ?? [];
      const [tag = ''] = operation?.tags ?? [];
      const summary = operation?.summary ?? '';
      await page.goto(`${hub.url}/docs?api=${name}#${name}/tag/${tag}/${method.toUpperCase()}${path}`);
      await page.getByRole('heading', { name: document.info.title, level: 1 }).waitFor();
      await page.getByRole('heading', { name: summary, level: 3 }).first().waitFor();
      t.equal(await page.title(), 'Roundhouse API reference');
    });

  await t.test('it fits a telephone', async (t) => {
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto(`${hub.url}/docs?api=connect#connect/tag/servers/GET/api/servers/{id}`);
    await page.getByRole('heading', { name: 'MCP Connect', level: 1 }).waitFor();
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
  });

  t.same(problems, [], 'nothing is refused by the content security policy, and no other host is asked');
});

t.test('a program that asks for the first page gets JSON', async (t) => {
  const hub = await startHub(t);
  const answer = await fetch(hub.url);
  t.match(await answer.json(), { name: 'Roundhouse', version: String, docs: '/docs', console: '/console/' });
  t.equal((await fetch(`${hub.url}/docs/`)).url, `${hub.url}/docs`);
  t.equal((await fetch(`${hub.url}/docs/..%2Fhub.cjs`)).status, 404);
});
