import { execFile } from 'node:child_process';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { pythonPath, pythonSdkFolder } from '../../deploy/local/parts.mjs';
import { button, heading, reads, retype, shownText, signIn, Visitors } from '../kit/console.js';
import { wait } from '../kit/wait.js';
import { part } from '../parts.js';
import { ADMIN_KEY, ADMIN_PASSWORD, everything, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

/** A hub with two sites and one browser for all tests. */
let hub: Hub;
let visitors: Visitors;
let servers: Record<'everything' | 'tells' | 'scripted' | 'idle', string>;

t.before(async () => {
  if (!part(t, 'chromium')) return;
  hub = await startHub(t);
  await Promise.all([startAgent(t, hub, 'local'), startAgent(t, hub, 'berlin')]);
  const stdio = (path: string) => ({ type: 'stdio', command: process.execPath, args: [path] });
  const [one, two, three, four] = await Promise.all([
    hub.connectServer({ name: 'everything', site: 'local', transport: stdio(everything) }),
    hub.connectServer({ name: 'tells', site: 'berlin', transport: stdio(fixture('tells')) }),
    hub.connectServer({
      name: '<img src=x onerror=ran("name")>',
      description: '<script>ran("description")</script>',
      site: 'berlin',
      transport: stdio(fixture('scripted')),
    }),
    hub.call('POST', '/api/servers', { name: 'idle', site: 'berlin', transport: stdio(fixture('tells')) }),
  ]);
  servers = { everything: one, tells: two, scripted: three, idle: four.body.data.id };
  await hub.call('POST', '/api/users', { username: 'vera', password: ADMIN_PASSWORD, role: 'viewer' });
  visitors = await Visitors.start(t, hub);
});

const withBrowser = (title: string, run: (t: Test) => Promise<void>) =>
  t.test(title, async (t) => {
    if (part(t, 'chromium')) await run(t);
  });

withBrowser(
  'a wrong password is told, and the right one opens the overview with sites, agents and servers',
  async (t) => {
    const page = await visitors.open(t, await visitors.stranger());
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill('wrong');
    await button(page, 'Sign in').click();
    t.match(await page.getByRole('alert').textContent(), /password/i);
    await signIn(page, 'admin');
    for (const site of ['local', 'berlin']) await page.getByRole('cell', { name: site, exact: true }).waitFor();
    await page.getByRole('link', { name: '3 Servers connected' }).waitFor();
    await page.getByRole('link', { name: '1 Servers disconnected' }).waitFor();
    t.equal(await page.evaluate('document.cookie'), '', 'no script reads the session');
    await button(page, 'Sign out').click();
    await page.getByLabel('User name').waitFor();
    await page.reload();
    await page.getByLabel('User name').waitFor();
    t.equal(await page.getByRole('navigation').count(), 0, 'nothing is left after the sign-out');
  },
);

withBrowser('the first load is 300 KB at most, and plots are loaded only by the overview', async (t) => {
  /** The console's files that a page has loaded, with their compressed sizes. */
  const filesOf = async (page: Page) =>
    (
      await page.evaluate<{ name: string; size: number }[]>(
        `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
          .map(({ name, encodedBodySize: size }) => ({ name, size }))`,
      )
    ).filter(({ name }) => /\/console(?:\/|$)/.test(new URL(name).pathname));
  const isPlot = ({ name }: { readonly name: string }) => name.includes('call-plots');
  const other = await visitors.pageOf(t, 'admin', '/servers');
  await other.getByRole('link', { name: 'everything' }).waitFor();
  t.notOk((await filesOf(other)).some(isPlot), 'on another page');
  // A browser that has no file yet.
  const page = await visitors.open(t, await visitors.stranger());
  await signIn(page, 'admin');
  await page.getByText(/^\d+ calls, \d+ of them failed/).waitFor();
  const files = await filesOf(page);
  t.ok(files.some(isPlot), 'the plots are among them');
  const total = files.reduce((sum, { size }) => sum + size, 0);
  t.ok(total > 50_000 && total <= 300 * 1024, `${total} bytes`);
});

withBrowser('the overview plots calls, errors and latency', async (t) => {
  const page = await visitors.pageOf(t, 'vera');
  const text = async () => page.getByText(/^\d+ calls, \d+ of them failed/).textContent();
  await page.getByText(/^\d+ calls, \d+ of them failed/).waitFor();
  const before = Number(/^\d+/.exec((await text()) ?? '')?.[0]);
  await hub.call('POST', '/api/tools/say/invoke', { serverId: 'tells', arguments: { word: 'x' } });
  await wait('the call is counted', async () => Number(/^\d+/.exec((await text()) ?? '')?.[0]) > before);
  await page.getByText('Numbers of the plots').click();
  await page.getByRole('region', { name: 'Calls, errors and latency' }).getByRole('cell').first().waitFor();
  /** How many plots have a line or a point: all else in them is grey. */
  const drawn = () =>
    page.evaluate<number>(`[...document.querySelectorAll('.plot canvas')].filter((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4) {
        const colors = data.slice(at, at + 3);
        if (data[at + 3] > 128 && Math.max(...colors) - Math.min(...colors) > 60) return true;
      }
      return false;
    }).length`);
  await wait('both plots are drawn', async () => (await drawn()) === 2);
  await page.getByLabel('Over').selectOption('day');
  await wait('and again for the day', async () => (await drawn()) === 2);
});

withBrowser('servers: filter, sort, act on many', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/servers');
  const names = page.getByRole('row').locator('.cell-name a');
  await page.getByRole('link', { name: 'everything' }).waitFor();
  await button(page, 'Name ↑').click();
  await button(page, 'Name ↓').waitFor();
  await reads(names, ['tells', 'idle', 'everything', '<img src=x onerror=ran("name")>']);
  await page.getByLabel('Group by').selectOption('Site');
  const group = (name: string) => page.getByRole('row').getByRole('button', { name });
  await group('local (1)').waitFor();
  // The page sorts within each group.
  await reads(names, ['tells', 'idle', '<img src=x onerror=ran("name")>', 'everything']);
  await group('berlin (3)').press('Enter');
  await reads(names, ['everything']);
  t.equal(await group('berlin (3)').getAttribute('aria-expanded'), 'false');
  t.same(await visitors.objections(page), []);
  await page.getByLabel('Group by').selectOption('Nothing');
  await page.getByRole('combobox', { name: /^Site/ }).selectOption('berlin');
  await page.getByLabel('Name contains').fill('IDL');
  await page.getByText('1 of 4 servers').waitFor();
  await reads(names, ['idle']);
  await page.getByRole('checkbox', { name: 'Choose idle' }).check();
  await button(page, 'Connect 1').click();
  await page.getByText('1 connected, 0 failed').waitFor();
  await page.locator('.row .status-connected').waitFor();
  await button(page, 'Disconnect 1').click();
  await page.getByText('1 disconnected, 0 failed').waitFor();
  const { body } = await hub.call('GET', `/api/servers/${servers.idle}`);
  t.equal(body.data.status, 'disconnected');
});

withBrowser('a server: its state, tools, live log, calls and configuration', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `/servers/${servers.tells}`);
  await heading(page, 'tells');
  await page.getByRole('tab', { name: 'Tools (4)' }).click();
  await page.getByRole('link', { name: 'release' }).waitFor();
  await page.getByRole('tab', { name: 'Log' }).click();
  await page.getByRole('log').waitFor();
  await hub.call('POST', '/api/tools/say/invoke', { serverId: 'tells', arguments: { word: 'word-of-the-log' } });
  await page.getByRole('log').getByText('word-of-the-log').waitFor();
  await page.getByRole('tab', { name: 'Calls' }).click();
  await page.getByRole('tabpanel').getByRole('combobox').selectOption('say');
  await page
    .getByRole('cell', { name: /completed/ })
    .first()
    .waitFor();
  await page.getByRole('tab', { name: 'Configuration' }).click();
  const label = /^Configuration \(JSON\)/;
  t.match(await shownText(page, label), '"description": ""');
  await retype(page, label, '{ "description": "changed in the console" }');
  await button(page, 'Save').click();
  await page.getByText('at site berlin · changed in the console').waitFor();
  const { body } = await hub.call('GET', `/api/servers/${servers.tells}`);
  t.equal(body.data.description, 'changed in the console');
});

withBrowser('the history of a server has who changed it, when and which fields', async (t) => {
  const name = '<img src=x onerror=ran("actor")>';
  const operator = await hub.key('operator', { name });
  const change = { description: 'by a key', metadata: { tags: ['a'] } };
  t.equal((await hub.call('PUT', `/api/servers/${servers.idle}`, change, operator)).status, 200);
  const page = await visitors.pageOf(t, 'admin', `/servers/${servers.idle}`);
  await page.getByRole('tab', { name: 'Configuration' }).click();
  const history = page.getByRole('region', { name: 'History of the server' });
  const cells = (row: number) => history.getByRole('row').nth(row).getByRole('cell').allTextContents();
  await history.getByText('description, metadata').waitFor();
  t.match(await cells(1), [/\d/, name, 'server.update', 'completed', /^description, metadata\s*$/]);
  const label = /^Configuration \(JSON\)/;
  await retype(page, label, '{ "description": "told in the history" }');
  await page.locator('.cm-deletedChunk').getByText('by a key').waitFor();
  await button(page, 'Save').click();
  await history.getByRole('row').nth(2).waitFor();
  t.match(await cells(1), [/\d/, 'admin', 'server.update', 'completed', /^description\s*$/]);
  t.equal(await history.getByRole('row').count(), 3, 'no change of another server');
  await page.getByLabel(/^Show/).selectOption('everything that was done to the server');
  await history.getByText('server.create').waitFor();
  const viewer = await visitors.pageOf(t, 'vera', `/servers/${servers.idle}`);
  await viewer.getByRole('tab', { name: 'Configuration' }).click();
  await viewer.getByRole('tabpanel').locator('pre').waitFor();
  t.equal(await viewer.getByRole('heading', { name: 'History' }).count(), 0);
});

withBrowser('a tool: found over all sites, called by its form, with a result as text and as a table', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/tools');
  await page.getByLabel('Name or description contains').fill('get-sum');
  await page.getByRole('link', { name: 'get-sum' }).click();
  await heading(page, 'get-sum');
  await page.getByLabel(/^a\*?$/).fill('20');
  await button(page, 'Call').click();
  await page.getByText('is required').waitFor();
  await page.getByLabel(/^b\*?$/).fill('22');
  await button(page, 'Call').click();
  await page.locator('pre.text', { hasText: 'The sum of 20 and 22 is 42.' }).waitFor();
  await page.goto(`${hub.url}/console/#/tools/${servers.tells}/say`);
  await heading(page, 'say');
  await button(page, 'Type JSON').click();
  const word = JSON.stringify([{ city: 'Lisbon', rain: 1 }, { city: 'Porto' }]);
  await retype(page, 'Arguments (JSON)', JSON.stringify({ word }));
  await button(page, 'Call').click();
  const table = page.getByRole('region', { name: 'Result as a table' });
  await reads(table.getByRole('columnheader'), ['city', 'rain']);
  await reads(table.getByRole('cell'), ['Lisbon', '1', 'Porto', '']);
});

withBrowser('a call is copied as the programs of others make it, and they run', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `/tools/${servers.everything}/echo`);
  const message = `it's "so" $HOME \\ ü`;
  await page.getByLabel(/^message/).fill(message);
  await page.getByText('Copy this call').click();
  const copied = async (form: string) => {
    await page.getByLabel('Copy as').selectOption(form);
    return (await page.getByRole('region', { name: `The call as ${form}` }).textContent()) ?? '';
  };
  const sdk = fileURLToPath(new URL('../../sdk/python/src', import.meta.url));
  const PYTHONPATH = `${sdk}:${pythonSdkFolder}`;
  const env = { ...process.env, ROUNDHOUSE_API_KEY: ADMIN_KEY, PYTHONPATH, PYTHONDONTWRITEBYTECODE: '1' };
  const run = async (program: string, ...args: string[]) => (await promisify(execFile)(program, args, { env })).stdout;
  t.match(JSON.parse(await run('bash', '-c', await copied('curl'))).data.content, [{ text: `Echo: ${message}` }]);
  const folder = tempFolder(t, { 'call.mjs': await copied('TypeScript'), 'call.py': await copied('Python') });
  t.match(await run(process.execPath, join(folder, 'call.mjs')), `it's "so" $HOME`);
  if (part(t, 'python-sdk')) t.match(await run(pythonPath, join(folder, 'call.py')), `it\\'s "so" $HOME`);
  const [head = '', json = ''] = (await copied('MCP')).split('\n\n');
  t.match(head, /^POST http:.*\/mcp\/servers\/everything\n/);
  const { status, body } = await hub.call('POST', '/mcp/servers/everything', JSON.parse(json));
  t.match([status, JSON.stringify(body)], [200, 'Echo: it'], 'a client of the protocol sends more headers');
});

withBrowser('a picture of a result is drawn', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `/tools/${servers.everything}/get-tiny-image`);
  await button(page, 'Call').click();
  await page.getByAltText('From the server').waitFor();
  const isDrawn = () => page.evaluate<boolean>("document.querySelector('main img').naturalWidth > 0");
  await wait('the picture is drawn', isDrawn);
});

withBrowser('resources of a server are read, and its prompts filled in', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `/servers/${servers.everything}`);
  await page.getByRole('tab', { name: 'Resources' }).click();
  const panel = page.getByRole('tabpanel');
  const first = panel.getByRole('listitem').filter({ hasText: 'features.md' });
  await first.getByRole('button', { name: /^Read/ }).click();
  await first
    .getByRole('region', { name: /^Contents of/ })
    .getByText('Everything Server')
    .first()
    .waitFor();
  await panel.getByRole('heading', { name: /^Templates/ }).waitFor();
  await panel.getByRole('textbox', { name: 'Address' }).fill('demo://resource/dynamic/text/7');
  await panel.getByRole('form', { name: 'Read a resource by its address' }).getByRole('button').click();
  await panel.getByRole('region', { name: 'Contents of the resource' }).getByText('Resource 7').waitFor();
  await panel.getByRole('textbox', { name: 'Address' }).fill('demo://nothing');
  await panel.getByRole('form', { name: 'Read a resource by its address' }).getByRole('button').click();
  await panel.getByRole('alert').waitFor();
  t.same(await visitors.objections(page), []);
  await page.getByRole('tab', { name: 'Prompts' }).click();
  const form = panel.getByRole('form', { name: 'Fill in args-prompt' });
  await form.getByLabel(/^city/).fill('Lisbon');
  await form.getByRole('button').click();
  await panel.getByRole('region', { name: 'Messages of args-prompt' }).getByText('Lisbon').waitFor();
  t.same(await visitors.objections(page), []);
  const viewer = await visitors.pageOf(t, 'vera', `/servers/${servers.everything}`);
  await viewer.getByRole('tab', { name: /^Tools/ }).waitFor();
  t.equal(await viewer.getByRole('tab', { name: 'Resources' }).count(), 0);
});

withBrowser('a tool call shows its progress, and can be cancelled', async (t) => {
  await hub.call('POST', '/api/servers/idle/connect');
  const page = await visitors.pageOf(t, 'admin', `/tools/${servers.idle}/tell`);
  await button(page, 'Type JSON').click();
  await retype(page, 'Arguments (JSON)', '{"word":"told on the way"}');
  await button(page, 'Call').click();
  await page.getByText('info: told on the way').waitFor();
  await page.getByText('1 of 2').waitFor();
  t.equal(await page.getByRole('progressbar').getAttribute('value'), '1');
  await button(page, 'Cancel').click();
  await page.getByText('The call was cancelled.').waitFor();
  await button(page, 'Call').click();
  await page.getByText('1 of 2').waitFor();
  await hub.call('POST', '/api/tools/release/invoke', { serverId: 'idle' });
  await page.locator('pre.text', { hasText: 'released' }).waitFor();
  t.pass('the result of the second call is shown');
});

withBrowser('alerts, audit and events', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/events');
  await heading(page, 'Events');
  await hub.call('POST', '/api/tools/say/invoke', { serverId: 'tells', arguments: { word: 'x' } });
  await page.getByRole('listitem').filter({ hasText: 'tool.invoked' }).first().waitFor();
  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByLabel('Action').fill('auth.login');
  await page.getByRole('cell', { name: 'auth.login' }).first().waitFor();
  const downloading = page.waitForEvent('download');
  await button(page, 'Export CSV').click();
  t.equal((await downloading).suggestedFilename(), 'audit.csv');
  const rules = [{ rule: 'server_down', threshold: 1 }];
  await hub.call('PUT', '/automation/api/v1/alerts/rules', { rules });
  const down = {
    name: 'broken',
    site: 'berlin',
    transport: { type: 'stdio', command: process.execPath, args: [fixture('exits')] },
  };
  const { body } = await hub.call('POST', '/api/servers', down);
  await hub.call('POST', '/api/servers/broken/connect');
  await page.getByRole('link', { name: 'Alerts' }).click();
  const alert = page.getByRole('listitem').filter({ hasText: 'broken' });
  await page.getByLabel('Severity').selectOption('info');
  await page.getByText('0 shown').waitFor();
  await page.getByLabel('Severity').selectOption('All');
  await page.getByLabel('Text contains').fill('BROKEN');
  await page.getByText(/^[1-9]\d* shown/).waitFor();
  await alert.getByLabel('Reason, or the action taken').fill('seen in the console');
  await alert.getByRole('button', { name: 'Acknowledge' }).click();
  await alert.getByText('Acknowledged by admin: seen in the console').waitFor();
  await hub.call('DELETE', `/api/servers/${body.data.id}`);
  t.equal((await hub.call('GET', '/automation/api/v1/alerts?status=all')).body.data.alerts[0].acknowledged, true);
});

withBrowser('a viewer is offered nothing that the role may not do', async (t) => {
  const page = await visitors.pageOf(t, 'vera');
  await heading(page, 'Overview');
  await reads(page.getByRole('navigation').getByRole('link'), [
    'Overview',
    'Servers',
    'Tools',
    'Docker',
    'Kubernetes',
    'Devices',
    'Work',
    'Alerts',
    'Events',
    'Settings',
  ]);
  await page.getByRole('link', { name: 'Servers', exact: true }).click();
  await page.getByRole('link', { name: 'everything' }).waitFor();
  t.equal(await page.getByRole('checkbox').count(), 0);
  await page.getByRole('link', { name: 'everything' }).click();
  await heading(page, 'everything');
  await page.getByRole('tab', { name: 'Configuration' }).waitFor();
  t.equal(await page.getByRole('tab', { name: 'Log' }).count(), 0);
  t.equal(await page.getByRole('button', { name: /onnect/ }).count(), 0);
  await page.getByRole('tab', { name: 'Configuration' }).click();
  await page.getByRole('tabpanel').locator('pre').waitFor();
  t.equal(await page.getByRole('textbox').count(), 0);
  await page.goto(`${hub.url}/console/#/tools/${servers.everything}/echo`);
  await heading(page, 'echo');
  await page.getByText('"message"').first().waitFor();
  t.equal(await button(page, 'Call').count(), 0);
  await page.goto(`${hub.url}/console/#/audit`);
  await heading(page, 'Overview');
});

withBrowser('no script of a name, description, schema, log or result runs', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `/servers/${servers.scripted}`);
  await heading(page, '<img src=x onerror=ran("name")>');
  await page.getByRole('tab', { name: 'Log' }).click();
  await page.getByRole('log').getByText('onerror=ran("img")').first().waitFor();
  await page.getByRole('tab', { name: 'Resources' }).click();
  await page.getByRole('button', { name: /^Read .*img/ }).click();
  await page
    .getByRole('region', { name: /^Contents of/ })
    .getByText('onerror')
    .waitFor();
  await page.getByRole('tab', { name: 'Prompts' }).click();
  await button(page, 'Fill in').click();
  await page
    .getByRole('region', { name: /^Messages of/ })
    .getByText('onerror')
    .waitFor();
  await page.goto(`${hub.url}/console/#/tools/${servers.scripted}/show`);
  await heading(page, 'show');
  await button(page, 'Call').click();
  await page.getByRole('region', { name: 'Result as a table' }).getByRole('cell').waitFor();
  await page.getByText('Copy this call').click();
  await page.getByText('The whole result as JSON').click();
  t.equal(await page.locator('a[href^="javascript:"], iframe, svg[onload], main script').count(), 0);
  await page.goto(`${hub.url}/console/#/events`);
  await page.reload();
  await heading(page, 'Events');
});

const places = (): [title: string, path: string][] => [
  ['Overview', '/'],
  ['Servers', '/servers'],
  ['everything', `/servers/${servers.everything}`],
  ['Tools', '/tools'],
  ['get-structured-content', `/tools/${servers.everything}/get-structured-content`],
  ['Alerts', '/alerts'],
  ['Events', '/events'],
  ['Audit', '/audit'],
];

withBrowser('axe finds nothing in both themes, and 360 pixels are wide enough', async (t) => {
  await visitors.checkLooks(t, await visitors.pageOf(t, 'admin'), places());
});

withBrowser('all is reached by the keyboard', async (t) => {
  const page = await visitors.pageOf(t, 'admin');
  await heading(page, 'Overview');
  const focused = () => page.evaluate<string>("document.activeElement?.textContent ?? ''");
  const press = async (wanted: string) => {
    await page.getByRole('link', { name: wanted, exact: true }).waitFor();
    for (let n = 0; n < 60 && (await focused()) !== wanted; n += 1) await page.keyboard.press('Tab');
    t.equal(await focused(), wanted);
    await page.keyboard.press('Enter');
  };
  await page.locator('body').press('Tab');
  await press('Servers');
  await heading(page, 'Servers');
  await press('everything');
  await heading(page, 'everything');
  await page.getByRole('tab', { name: /^State/ }).waitFor();
  for (let n = 0; n < 60 && !(await focused()).startsWith('State'); n += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { selected: true, name: /^Tools/ }).waitFor();
});

withBrowser(
  'below a path of a proxy; a lost hub is told, and comes back without what was typed being lost',
  async (t) => {
    let away = false;
    const proxy = createServer((incoming, outgoing) => {
      if (away) return void incoming.socket.destroy();
      const path = (incoming.url ?? '').replace(/^\/ops\/hub/, '');
      const passed = request(`${hub.url}${path}`, { method: incoming.method, headers: incoming.headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      outgoing.on('close', () => passed.destroy());
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      proxy.close();
      proxy.closeAllConnections();
    });
    const origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const page = await visitors.open(t, await visitors.stranger(), `${origin}/ops/hub/console`);
    t.equal(page.url(), `${origin}/ops/hub/console/`);
    await signIn(page, 'admin');
    await page.goto(`${origin}/ops/hub/console/#/tools/${servers.everything}/echo`);
    await page.getByLabel(/^message\*?$/).fill('typed before');
    away = true;
    proxy.closeAllConnections();
    await page.getByText('The connection to the hub is lost.').waitFor();
    away = false;
    await page.getByText('The connection to the hub is lost.').waitFor({ state: 'detached' });
    t.equal(await page.getByLabel(/^message\*?$/).inputValue(), 'typed before');
    await hub.call('PUT', '/api/users/admin/password', { password: ADMIN_PASSWORD });
    await page.getByText('Your session has ended.').waitFor();
    await page.getByLabel('Password').fill(ADMIN_PASSWORD);
    await button(page, 'Sign in').click();
    t.equal(await page.getByLabel(/^message\*?$/).inputValue(), 'typed before', 'nor by a session that ends');
    await button(page, 'Call').click();
    await page.locator('pre.text', { hasText: 'Echo: typed before' }).waitFor();
  },
);

withBrowser('a fleet without servers shows the steps to the first call', async (t) => {
  const page = await visitors.pageOf(t, 'vera');
  await page.route('**/connect/api/monitor', async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    body.data.servers = [];
    body.data.overview.totalServers = 0;
    await route.fulfill({ response: answer, json: body });
  });
  await page.reload();
  await page.getByRole('heading', { name: 'Three steps to the first tool call' }).waitFor();
  t.equal(await page.locator('.steps li').count(), 3);
});

t.test('no other host was asked, the policy refused nothing, and no script of a server ran', async (t) => {
  t.same(visitors?.problems ?? [], []);
});
