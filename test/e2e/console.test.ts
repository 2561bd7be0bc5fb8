import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { wait } from '../kit/wait.js';
import { part } from '../parts.js';
import { ADMIN_PASSWORD, everything, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';

const limitMs = 180_000;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A hub with two sites and one browser for all tests. */
let hub: Hub;
let browser: Browser | undefined;
/** Requests to other hosts, refusals of the content security policy, scripts that ran, and errors of pages. */
const problems: string[] = [];
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
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'], timeout: limitMs });
  t.teardown(() => browser?.close());
});

/** A page that is watched. It is closed with the test. */
async function open(t: Test, context: BrowserContext, url = `${hub.url}/console`): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(limitMs);
  const own = new URL(url).origin;
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (sent) => {
    const { origin, protocol } = new URL(sent.url());
    if (protocol !== 'data:' && protocol !== 'blob:' && origin !== own) problems.push(`another host: ${sent.url()}`);
  });
  await page.exposeFunction('ran', (what: unknown) => problems.push(`a script ran: ${what}`));
  await page.exposeFunction('refused', (what: unknown) => problems.push(`refused by the policy: ${what}`));
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    refused(event.violatedDirective + ' in ' + event.sourceFile))`);
  t.teardown(() => page.close());
  await page.goto(url);
  return page;
}

async function signIn(page: Page, username: string): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(ADMIN_PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await heading(page, 'Overview');
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1, exact: true }).waitFor();
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** A page of a user who is signed in. Each user signs in once. */
const contexts = new Map<string, Promise<BrowserContext>>();
async function pageOf(t: Test, username: string, path = '/', url = `${hub.url}/console/`): Promise<Page> {
  const made =
    contexts.get(username) ??
    (async () => {
      const context = await (browser as Browser).newContext();
      const page = await open(t, context);
      await signIn(page, username);
      return context;
    })();
  contexts.set(username, made);
  return open(t, await made, `${url}#${path}`);
}

/** The places of a page that axe objects to. The browser's own console runs axe, because the policy lets no script into the page. */
async function objections(page: Page): Promise<string[]> {
  await page.evaluate(`${axe};0`);
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}

const withBrowser = (title: string, run: (t: Test) => Promise<void>) =>
  t.test(title, async (t) => {
    if (part(t, 'chromium')) await run(t);
  });

withBrowser(
  'a wrong password is told, and the right one opens the overview with sites, agents and servers',
  async (t) => {
    const page = await open(t, await (browser as Browser).newContext());
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill('wrong');
    await button(page, 'Sign in').click();
    t.match(await page.getByRole('alert').textContent(), /password/i);
    await signIn(page, 'admin');
    for (const site of ['local', 'berlin']) await page.getByRole('cell', { name: site, exact: true }).waitFor();
    await page.getByRole('link', { name: '3 Servers connected' }).waitFor();
    await page.getByRole('link', { name: '1 Servers disconnected' }).waitFor();
    t.equal(await page.evaluate('document.cookie'), '', 'no script reads the session');
    // The picture of the README.
    if (process.env.CONSOLE_PICTURE) {
      await page.setViewportSize({ width: 1200, height: 800 });
      await page.screenshot({ path: process.env.CONSOLE_PICTURE });
    }
    await button(page, 'Sign out').click();
    await page.getByLabel('User name').waitFor();
    await page.reload();
    await page.getByLabel('User name').waitFor();
    t.equal(await page.getByRole('navigation').count(), 0, 'nothing is left after the sign-out');
  },
);

withBrowser('servers: filter, sort, act on many', async (t) => {
  const page = await pageOf(t, 'admin', '/servers');
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
  const page = await pageOf(t, 'admin', `/servers/${servers.tells}`);
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

withBrowser('a tool: found over all sites, called by its form, with a result as text and as a picture', async (t) => {
  const page = await pageOf(t, 'admin', '/tools');
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
  const page = await pageOf(t, 'admin', `/tools/${servers.idle}/tell`);
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
  const page = await pageOf(t, 'admin', '/events');
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
  const page = await pageOf(t, 'vera');
  await heading(page, 'Overview');
  t.same(await page.getByRole('navigation').getByRole('link').allTextContents(), [
    'Overview',
    'Servers',
    'Tools',
    'Alerts',
    'Events',
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
  const page = await pageOf(t, 'admin', `/servers/${servers.scripted}`);
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

const places = () => [
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
  const page = await pageOf(t, 'admin');
  await page.setViewportSize({ width: 360, height: 800 });
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [title = '', path = ''] of places()) {
      await page.goto(`${hub.url}/console/#${path}`);
      await heading(page, title);
      await page.getByText('Loading …').waitFor({ state: 'detached' });
      t.same(await objections(page), [], `${title}, ${scheme}`);
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, `${title}, ${scheme}`);
    }
  }
});

withBrowser('all is reached by the keyboard', async (t) => {
  const page = await pageOf(t, 'admin');
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
  t.match(await page.getByRole('tab', { selected: true }).textContent(), /^Tools/);
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
    const page = await open(t, await (browser as Browser).newContext(), `${origin}/ops/hub/console`);
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
  const page = await pageOf(t, 'vera');
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
  t.same(problems, []);
});
