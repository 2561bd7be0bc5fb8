import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { restoreStore } from '../../hub/store/copies/restore.js';
import { button, heading, reads, Visitors } from '../kit/console.js';
import { part } from '../parts.js';
import { ADMIN_PASSWORD, everything, fixture, type Hub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { sample, version } from '../updates.js';

/** A hub with the server `sample`, one browser, and a user of each role that matters here. */
let hub: Hub;
let visitors: Visitors;

/** A text that runs a script where a page takes it for HTML. */
const script = (place: string) => `<img src=x onerror=ran("${place}")>`;
const SECRET = 'tp-4711-secret';

t.before(async () => {
  if (!part(t, 'chromium')) return;
  ({ hub } = await sample(t, { '1.0.0': 'works', '2.0.0': 'works' }));
  for (const [username, role] of Object.entries({ vera: 'viewer', uma: 'user', oscar: 'operator' }))
    await hub.call('POST', '/api/users', { username, password: ADMIN_PASSWORD, role });
  visitors = await Visitors.start(t, hub);
});

const withBrowser = (title: string, run: (t: Test) => Promise<void>) =>
  t.test(title, async (t) => {
    if (part(t, 'chromium')) await run(t);
  });

/** Whether a text is anywhere in the page, also in its fields. */
const isInPage = (page: Page, text: string) =>
  page.evaluate<boolean>(`document.documentElement.outerHTML.includes(${JSON.stringify(text)}) ||
    [...document.querySelectorAll('input, textarea')].some(({ value }) => value.includes(${JSON.stringify(text)}))`);
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
const serverOf = async (name: string) => (await hub.call('GET', `/api/servers/${encodeURIComponent(name)}`)).body.data;

withBrowser('servers of pasted JSON are shown, imported, watched until they work, and called', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/servers');
  await page.getByRole('link', { name: 'Add a server' }).click();
  await heading(page, 'Add a server');
  const text = page.getByLabel(/^JSON with mcpServers/);
  await text.fill('{"mcpServers": {"x": ');
  await button(page, 'Preview').click();
  await page.getByText('The text is not JSON.').waitFor();
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a client fills it
  const placeholder = '${SECOND}';
  const mcpServers = {
    pasted: { command: process.execPath, args: [everything], env: { TOKEN: SECRET, SECOND: placeholder }, cwd: '/' },
    [script('name')]: { command: process.execPath, args: [fixture('tells'), script('argument')] },
    sample: { url: 'https://example.com/mcp' },
    empty: { note: script('entry') },
  };
  await text.fill(JSON.stringify({ mcpServers }));
  await button(page, 'Preview').click();
  await page.getByText('Not imported: a server of this name is there').waitFor();
  await page.getByText('Not imported: it has neither a command nor a URL').waitFor();
  await page.getByText('Left out: cwd').waitFor();
  t.equal(await page.getByLabel('TOKEN').getAttribute('type'), 'password');
  t.equal((await serverOf('pasted'))?.id, undefined, 'a preview registers nothing');
  await page.getByLabel(/^SECOND/).fill(`${SECRET}-2`);
  await button(page, 'Import').click();
  await row(page, 'pasted')
    .getByText(/^It works and has \d+ tools/)
    .waitFor();
  await row(page, script('name')).getByText('It works and has 4 tools.').waitFor();
  await text.waitFor();
  t.notOk(await isInPage(page, SECRET), 'no secret stays in the page');
  const { body } = await hub.call('POST', '/api/tools/get-env/invoke', { serverId: 'pasted', arguments: {} });
  t.match(body.data.content[0].text, `"TOKEN": "${SECRET}"`);
  t.match(body.data.content[0].text, `"SECOND": "${SECRET}-2"`);
  t.equal((await serverOf('empty'))?.id, undefined);

  await page.getByRole('link', { name: script('name') }).click();
  await heading(page, script('name'));
  await page.getByRole('tab', { name: /^Tools/ }).click();
  await page.getByRole('link', { name: 'release' }).click();
  await button(page, 'Call').click();
  t.equal(await page.locator('pre.text').textContent(), 'all');
});

withBrowser('a wrong command says why, and the hub can try again', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/add/command');
  await page.getByLabel('Name', { exact: true }).fill('wrong');
  await page.getByRole('textbox', { name: 'Command' }).fill('no-such-program');
  await button(page, 'Add variable').click();
  await page.getByLabel('Name 1').fill('TOKEN');
  await page.getByLabel('Value 1').fill(SECRET);
  await button(page, 'Add the server').click();
  await row(page, 'wrong')
    .getByText(/no-such-program/)
    .waitFor();
  await row(page, 'wrong').getByText('error').waitFor();
  t.notOk(await isInPage(page, SECRET));
  t.match(await serverOf('wrong'), { transport: { command: 'no-such-program', env: { TOKEN: '********' } } });
  await hub.call('PUT', '/api/servers/wrong', {
    transport: { type: 'stdio', command: process.execPath, args: [fixture('tells')] },
  });
  await button(page, 'Try again to connect wrong').click();
  await row(page, 'wrong').getByText('It works and has 4 tools.').waitFor();

  await page.getByLabel('Name', { exact: true }).fill('wrong');
  await page.getByRole('textbox', { name: 'Command' }).fill('other');
  await button(page, 'Add the server').click();
  await row(page, 'wrong').getByText('failed').waitFor();
  t.equal(await page.getByRole('textbox', { name: 'Command' }).inputValue(), 'other', 'what was typed stays');
});

withBrowser('a URL, an image and a server of the catalog are registered as the API has them', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/add/url');
  const add = async (name: string) => {
    await page.getByLabel('Name', { exact: true }).fill(name);
    await button(page, 'Add the server').click();
    await page.getByRole('link', { name, exact: true }).waitFor();
    t.notOk(await isInPage(page, SECRET));
  };
  await page.getByLabel(/^URL/).fill('http://127.0.0.1:9/sse');
  await page.getByLabel('Transport').selectOption('HTTP with SSE');
  await button(page, 'Add header').click();
  await page.getByLabel('Name 1').fill('Authorization');
  await page.getByLabel('Value 1').fill(SECRET);
  await add('remote');
  t.match(await serverOf('remote'), {
    transport: { type: 'sse', url: 'http://127.0.0.1:9/sse', headers: { Authorization: '********' } },
  });
  await page.getByRole('link', { name: 'Image', exact: true }).click();
  await page.getByLabel('Image', { exact: true }).fill('mcp/time:1');
  await button(page, 'Add variable').click();
  await page.getByLabel('Name 1').fill('TZ');
  await page.getByLabel('Value 1').fill(SECRET);
  await add('boxed');
  const args = ['run', '-i', '--rm', '-e', 'TZ', 'mcp/time:1'];
  t.match(await serverOf('boxed'), { transport: { command: 'docker', args, env: { TZ: '********' } } });
  await page.getByRole('link', { name: 'Catalog', exact: true }).click();
  await page.getByLabel('Server of the catalog').selectOption('builtin-memory');
  await add('notes');
  t.match(await serverOf('notes'), { transport: { command: 'npx' } });
  for (const name of ['remote', 'boxed', 'notes']) await hub.call('DELETE', `/api/servers/${name}`);
});

withBrowser('an operator adds what runs already, and a viewer adds nothing', async (t) => {
  const operator = await visitors.pageOf(t, 'oscar', '/add/command');
  await heading(operator, 'Add a server');
  const waysOf = (page: Page) => page.getByRole('navigation', { name: 'Ways to add a server' }).getByRole('link');
  await reads(waysOf(operator), ['Pasted JSON', 'URL', 'MCP Registry']);
  await operator.getByLabel(/^JSON with mcpServers/).fill('{"mcpServers":{"mine":{"command":"sh"}}}');
  await button(operator, 'Preview').click();
  await operator.getByText('Not imported: your role does not add commands').waitFor();
  const viewer = await visitors.pageOf(t, 'vera', '/servers');
  await heading(viewer, 'Servers');
  t.equal(await viewer.getByRole('link', { name: 'Add a server' }).count(), 0);
  await viewer.goto(`${hub.url}/console/#/add`);
  await viewer.getByText('Your role does not add servers.').waitFor();
});

withBrowser('an operator plans an update of a server, makes it and takes it back', async (t) => {
  const { id } = await serverOf('sample');
  const page = await visitors.pageOf(t, 'oscar', `/servers/${id}`);
  await page.getByRole('tab', { name: 'Updates' }).click();
  await button(page, 'Plan').click();
  await page.getByRole('heading', { name: 'Plan of an update from 1.0.0 to 2.0.0' }).waitFor();
  await page.getByText('The old version stays for a rollback.').waitFor();
  t.equal(await version(hub), '1.0.0', 'a plan changes nothing');
  await button(page, 'Update sample to latest').click();
  await button(page, 'Update').click();
  await page.getByRole('heading', { name: 'Update from 1.0.0 to 2.0.0' }).waitFor();
  await page.locator('section p .status-completed').waitFor();
  await page.getByText('New tools: tool-2.0.0').waitFor();
  await row(page, 'switch').getByText('completed').waitFor();
  await page.getByText(/^Runs 2\.0\.0/).waitFor();
  t.equal(await version(hub), '2.0.0');
  await page.reload();
  await page.getByRole('tab', { name: 'Updates' }).click();
  await page.getByRole('heading', { name: 'Update from 1.0.0 to 2.0.0' }).waitFor();
  await button(page, 'Roll back sample to the version before').click();
  await button(page, 'Roll back').click();
  await page.getByRole('heading', { name: 'Rollback from 2.0.0 to 1.0.0' }).waitFor();
  await page.locator('section p .status-completed').waitFor();
  await page.getByText(/^Runs 1\.0\.0/).waitFor();
  t.equal(await version(hub), '1.0.0');
});

withBrowser('an operator tests a server, and an admin sees the keys that may call it', async (t) => {
  const { id } = await serverOf('sample');
  const grants = [
    { name: 'covers', grants: { servers: ['sample'] } },
    { name: 'elsewhere', grants: { sites: ['x'] } },
  ];
  for (const key of [...grants, { name: 'reads', role: 'viewer' }]) await hub.call('POST', '/api/keys', key);
  const page = await visitors.pageOf(t, 'oscar', `/servers/${id}`);
  await page.getByRole('tab', { name: 'Tests' }).click();
  await page.getByText('The server was not tested yet.').waitFor();
  await page.getByLabel('Type').selectOption('security');
  await button(page, 'Run the tests').click();
  await page.getByRole('heading', { name: 'Results of the tests' }).waitFor();
  await page.locator('section p .status-completed').waitFor();
  const { body } = await hub.call('GET', '/automation/api/v1/tests/history?server=sample');
  const { passed, failed } = body.data.tests[0].summary;
  await page.getByText(`${passed} passed, ${failed} failed`).waitFor();
  await page.getByRole('tab', { name: 'Access' }).click();
  await page.getByText(/^Users with role user/).waitFor();
  t.equal(await row(page, 'covers').count(), 0, 'an operator sees no keys');

  const admin = await visitors.pageOf(t, 'admin', `/servers/${id}`);
  await admin.getByRole('tab', { name: 'Access' }).click();
  await row(admin, 'covers').waitFor();
  t.equal(await row(admin, 'elsewhere').count(), 0);
  t.equal(await row(admin, 'reads').count(), 0);
});

withBrowser('an admin sees the hub, downloads a backup and changes an alert rule', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/settings');
  await page.getByText(hub.url, { exact: true }).waitFor();
  const { body: info } = await hub.call('GET', '/automation/api/v1/info');
  await page.getByText(info.data.version, { exact: true }).waitFor();
  const [agent] = (await hub.call('GET', '/api/agents')).body.data;
  for (const [name, at] of [
    ["the hub's authority for agents", info.data.certificates[0].expires_at],
    [`Agent ${agent.name} at site local`, agent.certificateExpiresAt],
  ])
    t.equal(await row(page, name).locator('time').getAttribute('datetime'), at);
  const download = page.waitForEvent('download');
  await button(page, 'Make and download a backup').click();
  const file = await download;
  t.match(file.suggestedFilename(), /^roundhouse-.*\.backup$/);
  const from = await file.path();
  await page.getByText(`${statSync(from).size.toLocaleString('en-US')} bytes`).waitFor();
  await t.resolves(restoreStore({ from, dir: join(tempFolder(t), 'data') }), 'the file is a whole backup');

  await button(page, 'Change error_rate').click();
  await page.getByLabel(/^Raised above/).fill('7');
  await button(page, 'Save the rule').click();
  t.match(await page.getByRole('alert').textContent(), /threshold/);
  await page.getByLabel(/^Raised above/).fill('0.75');
  await page.getByLabel('Severity').selectOption('info');
  await button(page, 'Save the rule').click();
  await row(page, 'error_rate').getByText('above 0.75 ratio').waitFor();
  const { rules } = (await hub.call('GET', '/automation/api/v1/alerts/rules')).body.data;
  t.match(
    rules.find(({ rule }: { rule: string }) => rule === 'error_rate'),
    { threshold: 0.75, severity: 'info', enabled: true },
  );
});

withBrowser('the limits are those of the hub; people add to the catalog and remove what they may', async (t) => {
  const { configuration } = (await hub.call('GET', '/automation/api/v1/orchestration/status')).body.data;
  const { limits } = (await hub.call('GET', '/automation/api/v1/info')).body.data;
  const page = await visitors.pageOf(t, 'oscar', '/settings');
  const fact = (name: string, value: number) =>
    page
      .locator('dl div')
      .filter({ has: page.getByText(name, { exact: true }) })
      .filter({ has: page.getByText(value.toLocaleString('en-US'), { exact: true }) })
      .waitFor();
  await fact('Jobs that wait', configuration.queue_size);
  await fact('Jobs at once', configuration.max_workers);
  await fact('Jobs at once at a site', configuration.jobs_per_site);
  await fact('Updates at once', limits.max_concurrent_updates);
  const addTo = async (page: Page, name: string, image = 'ghcr.io/acme/weather-mcp:1.4') => {
    await page.getByLabel('Name in the catalog').fill(name);
    await page.getByLabel('Image', { exact: true }).fill(image);
    await button(page, 'Add to the catalog').click();
  };
  await page.getByLabel('Title').fill(script('title'));
  await page.getByLabel('Description').fill(script('entry description'));
  await addTo(page, 'weather', 'Not An Image');
  t.match(await page.getByRole('alert').textContent(), /image/);
  await addTo(page, 'weather');
  await row(page, script('title')).getByText('ghcr.io/acme/weather-mcp:1.4').waitFor();
  t.equal(await button(page, 'Remove memory and the servers made from it').count(), 0, 'it comes with the hub');

  const user = await visitors.pageOf(t, 'uma', '/settings');
  await row(user, script('title')).waitFor();
  t.equal(await user.getByLabel('All users see it').count(), 0);
  await addTo(user, 'mine');
  await row(user, 'mine').waitFor();
  t.equal(await button(user, 'Remove weather and the servers made from it').count(), 0, 'another person added it');
  for (const [person, name] of [
    [user, 'mine'],
    [page, 'weather'],
  ] as const) {
    await button(person, `Remove ${name} and the servers made from it`).click();
    await button(person, 'Remove').click();
    await row(person, name).waitFor({ state: 'detached' });
  }
  const { servers } = (await hub.call('GET', '/portal/api/v1/servers?shared=false&catalog_type=custom')).body;
  t.same(servers, []);
});

withBrowser('a viewer sees the hub and the rules, and changes nothing', async (t) => {
  const page = await visitors.pageOf(t, 'vera', `/servers/${(await serverOf('sample')).id}`);
  for (const tab of ['Updates', 'Tests', 'Access']) {
    await page.getByRole('tab', { name: tab }).click();
    await page.getByText('Loading …').first().waitFor({ state: 'detached' });
    if (tab === 'Tests') await page.getByRole('tabpanel').getByText('Show', { exact: true }).waitFor();
    const buttons = await page.getByRole('tabpanel').getByRole('button').allTextContents();
    t.same(new Set(buttons), new Set(tab === 'Tests' ? ['Show'] : []), tab);
  }
  await page.goto(`${hub.url}/console/#/settings`);
  await row(page, 'error_rate').waitFor();
  await page.getByText(hub.url, { exact: true }).waitFor();
  t.same(await page.getByRole('main').getByRole('button').allTextContents(), []);
});

withBrowser('axe finds nothing in both themes, and the pages fit into each width', async (t) => {
  const page = await visitors.pageOf(t, 'admin');
  const ways = ['json', 'url', 'command', 'image', 'catalog', 'registry'];
  const places = [...ways.map((way) => ['Add a server', `/add/${way}`] as const), ['Settings', '/settings'] as const];
  await visitors.checkLooks(t, page, places, [360, 2560]);
  await page.goto(`${hub.url}/console/#/servers/${(await serverOf('sample')).id}`);
  for (const scheme of ['light', 'dark'] as const)
    for (const tab of ['Updates', 'Tests', 'Access']) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width: 360, height: 800 });
      await page.getByRole('tab', { name: tab }).click();
      await page.getByText('Loading …').first().waitFor({ state: 'detached' });
      t.same(await visitors.objections(page), [], `${tab}, ${scheme}`);
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, tab);
    }
});

t.test('no other host was asked, the policy refused nothing, and no stored script ran', async (t) => {
  t.same(visitors?.problems ?? [], []);
});
