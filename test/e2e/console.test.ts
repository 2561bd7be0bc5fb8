import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { type Account, peopleProvider } from '../fixtures/oidc/people-provider.js';
import { button, heading, signIn, Visitors } from '../kit/console.js';
import { wait } from '../kit/wait.js';
import { part } from '../parts.js';
import { portalSettings } from '../portal.js';
import { ADMIN_PASSWORD, everything, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';

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

withBrowser('a person signs in at the identity provider, at another site, and comes back', async (t) => {
  const provider = await peopleProvider(t, 'localhost');
  const env = { ...portalSettings(provider), ROUNDHOUSE_PORTAL_DEFAULT_ROLE: 'none' };
  const hub = await startHub(t, { env });
  provider.allow(`${hub.url}/console/`);
  const visitors = await Visitors.start(t, hub);
  const context = await visitors.stranger();
  const signedIn = async (person: Account) => {
    provider.seat(person);
    const page = await visitors.open(t, context);
    await button(page, 'Sign in with the identity provider').click();
    return page;
  };
  const page = await signedIn({ sub: 'ines-1', preferred_username: 'ines', roles: ['operator'] });
  await heading(page, 'Overview');
  await page.getByText('ines (operator)').waitFor();
  t.equal(new URL(page.url()).search, '', 'the answer of the provider is not in the address');
  await page.reload();
  await heading(page, 'Overview');
  t.equal(await page.evaluate('document.cookie'), '', 'no script reads the session');
  await button(page, 'Sign out').click();
  await page.getByLabel('User name').waitFor();

  await context.clearCookies();
  const refused = await signedIn({ sub: 'nina-2', preferred_username: 'nina' });
  await refused.getByText('The identity provider names no role of this hub for you').waitFor();
  t.equal(await refused.getByRole('navigation').count(), 0);
  const others = visitors.problems.filter((problem) => !problem.startsWith(`another host: ${provider.issuer}/`));
  t.same(others, []);
});

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
  const names = () => page.getByRole('row').locator('.cell-name a').allTextContents();
  await page.getByRole('link', { name: 'everything' }).waitFor();
  await button(page, 'Name ↑').click();
  await button(page, 'Name ↓').waitFor();
  t.same(await names(), ['tells', 'idle', 'everything', '<img src=x onerror=ran("name")>']);
  await page.getByLabel('Site').selectOption('berlin');
  await page.getByLabel('Name contains').fill('IDL');
  await page.getByText('1 of 4 servers').waitFor();
  t.same(await names(), ['idle']);
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
  const text = page.getByLabel(/Configuration \(JSON\)/);
  const typed = JSON.parse(await text.inputValue());
  await text.fill(JSON.stringify({ ...typed, description: 'changed in the console' }));
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
  const text = page.getByLabel(/Configuration \(JSON\)/);
  await text.fill(JSON.stringify({ ...JSON.parse(await text.inputValue()), description: 'told in the history' }));
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

withBrowser('a tool: found over all sites, called by its form, with a result as text and as a picture', async (t) => {
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
  await page.goto(`${hub.url}/console/#/tools/${servers.everything}/get-tiny-image`);
  await heading(page, 'get-tiny-image');
  await button(page, 'Call').click();
  await page.getByAltText('Result of the tool').waitFor();
  const isDrawn = () => page.evaluate<boolean>("document.querySelector('main img').naturalWidth > 0");
  await wait('the picture is drawn', isDrawn);
});

withBrowser('a tool call shows its progress, and can be cancelled', async (t) => {
  await hub.call('POST', '/api/servers/idle/connect');
  const page = await visitors.pageOf(t, 'admin', `/tools/${servers.idle}/tell`);
  await button(page, 'Type JSON').click();
  await page.getByLabel('Arguments (JSON)').fill('{"word":"told on the way"}');
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
  await alert.getByLabel('Reason, or the action taken').fill('seen in the console');
  await alert.getByRole('button', { name: 'Acknowledge' }).click();
  await alert.getByText('Acknowledged by admin: seen in the console').waitFor();
  await hub.call('DELETE', `/api/servers/${body.data.id}`);
  t.equal((await hub.call('GET', '/automation/api/v1/alerts?status=all')).body.data.alerts[0].acknowledged, true);
});

withBrowser('a viewer is offered nothing that the role may not do', async (t) => {
  const page = await visitors.pageOf(t, 'vera');
  await heading(page, 'Overview');
  t.same(await page.getByRole('navigation').getByRole('link').allTextContents(), [
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
  t.notMatch(await page.getByRole('tab').allTextContents(), ['Log']);
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
  await page.goto(`${hub.url}/console/#/tools/${servers.scripted}/show`);
  await heading(page, 'show');
  await button(page, 'Call').click();
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
    for (let n = 0; n < 60 && (await focused()) !== wanted; n += 1) await page.keyboard.press('Tab');
    t.equal(await focused(), wanted);
    await page.keyboard.press('Enter');
  };
  await page.locator('body').press('Tab');
  await press('Servers');
  await heading(page, 'Servers');
  await press('everything');
  await heading(page, 'everything');
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
