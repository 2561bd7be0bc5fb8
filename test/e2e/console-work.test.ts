import { Roundhouse, type RoundhouseError } from '@roundhouse/sdk';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { button, heading, reads, retype, shownText, Visitors } from '../kit/console.js';
import { wait } from '../kit/wait.js';
import { part } from '../parts.js';
import { Receiver } from '../receiver.js';
import { ADMIN_PASSWORD, fixture, type Hub, runAgent, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

/** A hub with one server, one browser, and a user of each role. */
let hub: Hub;
let visitors: Visitors;
let server: string;
const users = { vera: 'viewer', uma: 'user', oscar: 'operator' };

/** A text that runs a script where a page takes it for HTML. */
const script = (place: string) => `<img src=x onerror=ran("${place}")>`;

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows
const release = {
  name: 'release',
  description: script('description'),
  parameters: { what: { type: 'string', default: script('parameter') }, dry: { type: 'boolean', default: false } },
  steps: [
    { id: 'prepare', kind: 'set', with: { note: `${script('output')}` } },
    {
      id: 'ask',
      kind: 'approval',
      with: {
        question: `Release ${script('question')} now?`,
        by_another: true,
        form: { type: 'object', properties: { size: { type: 'integer', minimum: 1 } }, required: ['size'] },
      },
    },
    { id: 'left', kind: 'set', needs: ['ask'], with: { size: '${{ steps.ask.outputs.values.size }}' } },
    { id: 'right', kind: 'set', needs: ['ask'], with: { done: true } },
  ],
};
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows
const slow = {
  name: 'slow',
  description: 'It waits for an hour',
  parameters: {},
  steps: [
    { id: 'begin', kind: 'set', with: { begun: true } },
    { id: 'sleep', kind: 'wait', with: { seconds: 3600 } },
  ],
};

t.before(async () => {
  if (!part(t, 'chromium')) return;
  hub = await startHub(t);
  await startAgent(t, hub);
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('tells')] };
  server = await hub.connectServer({ name: 'tells', transport });
  for (const [username, role] of Object.entries(users))
    await hub.call('POST', '/api/users', { username, password: ADMIN_PASSWORD, role });
  for (const workflow of [release, slow]) {
    const { status, body } = await hub.call('POST', '/automation/api/v1/orchestration/workflows', workflow);
    if (status !== 201) throw new Error(JSON.stringify(body));
  }
  visitors = await Visitors.start(t, hub);
});

const withBrowser = (title: string, run: (t: Test) => Promise<void>) =>
  t.test(title, async (t) => {
    if (part(t, 'chromium')) await run(t);
  });

const start = async (workflow: string, more: object = {}): Promise<string> => {
  const { body } = await hub.call('POST', '/automation/api/v1/orchestration/workflows/execute', { workflow, ...more });
  return body.data.workflow_id;
};
const parts = (page: Page) => page.getByRole('navigation', { name: /^Parts of/ }).getByRole('link');
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });
const confirm = async (page: Page, action: string, subject: string) => {
  await button(page, `${action} ${subject}`).click();
  await page
    .getByRole('group', { name: `${action} ${subject}?` })
    .getByRole('button', { name: action })
    .click();
};

withBrowser('a workflow is started by its form, approved by another person, and followed to its end', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/work/workflows');
  await link(page, 'release').click();
  await heading(page, 'release');
  await page.locator('.graph').first().waitFor();
  t.equal(await page.locator('.graph .node').count(), 4);
  t.equal(await page.locator('.graph .edge').count(), 3);
  await page.getByLabel('what').fill('the console');
  await button(page, 'Start').click();
  await heading(page, 'Run of release');
  await page.getByRole('heading', { name: 'Step ask waits for a person' }).waitFor();
  await page.locator('pre', { hasText: '"what": "the console"' }).waitFor();
  await page.getByLabel(/^size/).fill('2');
  await button(page, 'Approve').click();
  await page.getByText('a person who did not start the run decides').waitFor();
  const address = new URL(page.url()).hash.slice(1);

  const other = await visitors.pageOf(t, 'oscar', address);
  await other.getByText(`Release ${script('question')} now?`).waitFor();
  await button(other, 'Approve').click();
  await other.getByText('is required').waitFor();
  await other.getByLabel(/^size/).fill('3');
  await other.getByLabel('Comment').fill(script('comment'));
  await button(other, 'Approve').click();
  // The events of the run reach the page of the person who started it.
  await page.locator('p .status-completed').waitFor();
  await page.locator('summary', { hasText: 'left' }).click();
  await page.getByText('"size": 3').last().waitFor();
  await page.locator('summary', { hasText: 'ask' }).click();
  await page.getByText('"approved_by": "oscar"').waitFor();
  await page.locator('summary', { hasText: 'prepare' }).click();
  t.equal(await page.locator('main img').count(), 0);
});

withBrowser('a run is refused, cancelled, and repeated from a step', async (t) => {
  const refused = await start('release');
  const page = await visitors.pageOf(t, 'oscar', `/work/runs/${refused}`);
  await button(page, 'Refuse').click();
  await page.locator('p .status-failed').waitFor();
  t.equal(await button(page, 'Repeat').count(), 0, 'it is the run of another caller');

  await page.goto(`${hub.url}/console/#/work/workflows/slow`);
  await button(page, 'Start').click();
  await heading(page, 'Run of slow');
  await page.getByRole('cell', { name: 'running' }).waitFor();
  const first = page.url();
  await confirm(page, 'Cancel', 'of slow');
  await page.locator('p .status-cancelled').waitFor();
  await page.getByLabel('Repeat from').selectOption('sleep');
  await button(page, 'Repeat').click();
  await page.getByText('It repeats an earlier run').waitFor();
  t.not(page.url(), first);
  await page.getByRole('cell', { name: 'running' }).waitFor();
  const again = new URL(page.url()).hash.split('/').at(-1);
  const { body } = await hub.call('GET', `/automation/api/v1/orchestration/workflows/${again}`);
  t.match(body.data.steps, [
    { name: 'begin', status: 'completed' },
    { name: 'sleep', status: 'running' },
  ]);

  await page.goto(`${hub.url}/console/#/work/jobs/${again}`);
  await heading(page, 'Job: workflow');
  await confirm(page, 'Cancel', 'the job workflow');
  await page.locator('p .status-cancelled').waitFor();
  await page.goto(`${hub.url}/console/#/work`);
  await page.getByLabel('State').selectOption('cancelled');
  await page.getByRole('row').filter({ hasText: 'release' }).first().waitFor({ state: 'detached' });
  await page.getByRole('row').filter({ hasText: 'slow' }).nth(1).waitFor();
});

withBrowser('a series is started, listed and ended', async (t) => {
  const page = await visitors.pageOf(t, 'oscar', '/work/workflows/slow');
  await page.getByLabel('When').selectOption('series');
  await page.getByLabel('Times (cron)').fill('0 3 1 1 *');
  await button(page, 'Start').click();
  await page.getByText('It belongs to the series 0 3 1 1 *').waitFor();
  await page.goto(`${hub.url}/console/#/work/schedules`);
  await page.getByRole('cell', { name: '0 3 1 1 *' }).waitFor();
  await page.goto(`${hub.url}/console/#/work/workflows/release`);
  await page.getByText('No series runs this workflow.').waitFor();
  await page.goto(`${hub.url}/console/#/work/workflows/slow`);
  await page.getByRole('cell', { name: '0 3 1 1 *' }).waitFor();
  await confirm(page, 'End', 'the series of slow');
  await page.getByText('No series runs this workflow.').waitFor();
  await page.goto(`${hub.url}/console/#/work/schedules`);
  await page.getByText('No workflow runs again and again.').waitFor();
  const { body } = await hub.call('GET', '/automation/api/v1/orchestration/schedules');
  t.equal(body.data.total, 0);
});

withBrowser('a workflow is made and changed as text, and mistakes are shown at their paths', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/work/workflows');
  await link(page, 'Make a workflow').click();
  await heading(page, 'Make a workflow');
  const label = 'Definition (YAML or JSON)';
  const save = button(page, 'Save the workflow');
  const mistakes = page.getByRole('alert').getByRole('listitem');
  await retype(page, label, 'name: [drawn');
  await save.click();
  await mistakes.filter({ hasText: /^Line 1, / }).waitFor();
  const lines = (description: string, kind: string) =>
    [
      'name: drawn',
      `description: '${description}'`,
      'steps:',
      '  - id: one',
      `    kind: ${kind}`,
      '    with: { x: 1 }',
    ].join('\n');
  await retype(page, label, lines('', script('kind')));
  await save.click();
  await mistakes.filter({ hasText: /^Line 5, steps\.0\.kind: / }).waitFor();
  await retype(page, label, lines(script('definition'), 'set'));
  await save.click();
  await heading(page, 'drawn');
  await page.getByText(script('definition')).waitFor();
  await link(page, 'Change the definition').click();
  await heading(page, 'Change drawn');
  const read = await shownText(page, label);
  t.match(read, /kind: set/);
  await retype(page, label, JSON.stringify({ name: 'drawn', steps: [{ id: 'two', kind: 'set', with: { y: 2 } }] }));
  await save.click();
  await page.getByRole('cell', { name: 'two', exact: true }).waitFor();
  const { body } = await hub.call('GET', '/backend/api/v1/mcp-definitions/drawn');
  t.match(body.versions, [{ version: '2', config: { steps: [{ id: 'two' }] } }, { version: '1' }]);
  const operator = await visitors.pageOf(t, 'oscar', '/work/workflows/drawn');
  await button(operator, 'Start').waitFor();
  t.equal(await link(operator, 'Change the definition').count(), 0);
  await operator.goto(`${hub.url}/console/#/work/definitions/${body.id}`);
  await operator.getByText('Your role does not define workflows.').waitFor();
  t.equal(await button(operator, 'Save the workflow').count(), 0);
  await link(page, 'Change the definition').click();
  await confirm(page, 'Delete', 'the workflow and its versions');
  await page.getByRole('heading', { name: 'Work', level: 1 }).waitFor();
  await link(page, 'drawn').waitFor({ state: 'detached' });
});

withBrowser('a trigger of a workflow is made, paused by its owner, and deleted', async (t) => {
  const page = await visitors.pageOf(t, 'oscar', '/work/workflows/slow');
  const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
  await page.getByText('No event starts this workflow.').waitFor();
  await page.getByLabel('Name of the trigger').fill('grouped');
  await page.getByLabel(/^Events\./).selectOption('group.created');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of workflows
  await page.getByLabel('Only if').fill("${{ event.data.groupName == 'no' }}");
  await page.getByLabel('Parameters (JSON)').fill('{');
  await button(page, 'Make the trigger').click();
  t.equal((await hub.call('GET', '/automation/api/v1/orchestration/triggers')).body.data.total, 0, 'no JSON');
  await page.getByLabel('Parameters (JSON)').fill('');
  await button(page, 'Make the trigger').click();
  await row(page, 'grouped').getByText('group.created').waitFor();
  await hub.call('POST', '/api/groups', { name: script('group') });
  await row(page, 'grouped').getByText('filtered').waitFor();
  const stateOf = async (name: string) => {
    const { triggers } = (await hub.call('GET', '/automation/api/v1/orchestration/triggers')).body.data;
    return triggers.find((one: { name: string }) => one.name === name)?.enabled;
  };
  await button(page, 'Disable grouped').click();
  await button(page, 'Enable grouped').waitFor();
  t.equal(await stateOf('grouped'), false);
  await page.getByLabel('Name of the trigger').fill('told');
  await button(page, 'Make the trigger').click();
  t.match(await page.locator('.secret').textContent(), /^whsec_/);
  await button(page, 'I have it').click();
  await row(page, 'told').getByText('a signed message').waitFor();

  await hub.call('POST', '/automation/api/v1/orchestration/triggers', { name: 'of-admin', workflow: 'slow' });
  await row(page, 'of-admin').waitFor();
  t.equal(await button(page, 'Disable of-admin').count(), 0, 'the trigger of another person');
  const viewer = await visitors.pageOf(t, 'vera', '/work/workflows/slow');
  await viewer.locator('.graph').waitFor();
  t.equal(await viewer.getByRole('heading', { name: 'Triggers' }).count(), 0);
  for (const name of ['grouped', 'told']) {
    await confirm(page, 'Delete', `the trigger ${name}`);
    await row(page, name).waitFor({ state: 'detached' });
  }
  await hub.call('DELETE', '/automation/api/v1/orchestration/triggers/of-admin');
  t.equal((await hub.call('GET', '/automation/api/v1/orchestration/triggers')).body.data.total, 0);
});

withBrowser('each role is offered what it may do', async (t) => {
  const id = await start('release');
  const navigation = (page: Page) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
  for (const name of ['vera', 'uma']) {
    const page = await visitors.pageOf(t, name, `/work/runs/${id}`);
    await page.getByRole('heading', { name: 'Step ask waits for a person' }).waitFor();
    t.equal(await navigation(page).filter({ hasText: 'People and keys' }).count(), 0);
    for (const action of ['Approve', 'Refuse', 'Cancel of release']) t.equal(await button(page, action).count(), 0);
    await page.goto(`${hub.url}/console/#/work/workflows/release`);
    await page.locator('.graph').waitFor();
    t.equal(await button(page, 'Start').count(), 0, name);
    await page.goto(`${hub.url}/console/#/people/keys`);
    await heading(page, 'Overview');
  }
  const operator = await visitors.pageOf(t, 'oscar', '/people');
  await heading(operator, 'People and keys');
  await reads(parts(operator), ['Webhooks']);
  await operator.goto(`${hub.url}/console/#/people/users`);
  await button(operator, 'Make the webhook').waitFor();
  const admin = await visitors.pageOf(t, 'admin', '/people');
  await heading(admin, 'People and keys');
  await reads(parts(admin), ['Users', 'Keys', 'Join tokens', 'Webhooks']);
  await hub.call('POST', `/automation/api/v1/orchestration/workflows/${id}/cancel`);
});

withBrowser('a key is made, shown once, used by a client, and revoked', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/people/keys');
  const name = script('key');
  await page.getByLabel('Name of the key').fill(name);
  await page.getByLabel('Role').selectOption('user');
  await page.getByLabel('Expires after days').fill('2');
  await page.getByText('Only for some servers').click();
  await page.getByLabel('Servers (names or ids)').fill('tells');
  await page.getByLabel('Tools, with').fill('say, tell');
  await button(page, 'Make the key').click();
  const key = (await page.locator('.secret').textContent()) ?? '';
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await button(page, 'Copy').click();
  await page.getByText('Copied.').waitFor();
  t.equal(await page.evaluate('navigator.clipboard.readText()'), key);
  const row = page.getByRole('row').filter({ hasText: name });
  t.match(await row.textContent(), new RegExp(`servers: ${server}.*tools: say, tell`));
  t.notMatch(await row.textContent(), /never/);

  const client = new Roundhouse({ baseUrl: hub.url, apiKey: key, retries: 0 });
  const result = await client.connect.tools.invoke('say', { serverId: server, arguments: { word: 'by a key' } });
  t.notOk(result.isError);
  await t.rejects(client.connect.servers.create({} as never), 'it has no more rights');
  await page.reload();
  await row.waitFor();
  t.notMatch(await page.locator('body').textContent(), key, 'the key is not shown again');
  await confirm(page, 'Revoke', name);
  await row.waitFor({ state: 'detached' });
  const refused = await client.connect.tools.list().catch((error: RoundhouseError) => error.status);
  t.equal(refused, 401);
});

withBrowser('a user is made, changed and deleted', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/people/users');
  await page.getByLabel('Name of the user').fill('nina');
  await page.getByLabel('First password').fill(ADMIN_PASSWORD);
  await button(page, 'Make the user').click();
  await page.getByLabel('Role of nina').selectOption('operator');
  const role = async () => {
    const { body } = await hub.call('GET', '/infrastructure/api/v1/users?username=nina');
    return body.data[0]?.role;
  };
  await wait('nina is an operator', async () => (await role()) === 'operator');
  await button(page, 'Set password of nina').click();
  await page.getByLabel('New password').fill('another good password');
  await button(page, 'Set').click();
  await button(page, 'Set password of nina').waitFor();
  const nina = new Roundhouse({ baseUrl: hub.url, username: 'nina', password: 'another good password' });
  t.ok(await nina.connect.servers.list());
  await confirm(page, 'Delete', 'nina');
  await page.getByLabel('Role of nina').waitFor({ state: 'detached' });
  t.equal(await role(), undefined);
  t.equal(await button(page, 'Delete admin').count(), 0, 'a user does not delete the own account');
});

withBrowser('a join token comes with the command line for its agent', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/people/tokens');
  await page.getByLabel('Site of the agent').fill('oslo');
  await button(page, 'Make the token').click();
  const command = (await page.locator('.secret').textContent()) ?? '';
  const [, script = '', token = ''] = /^curl -fsSL (\S+) \| sudo sh -s -- --token (\S+)$/.exec(command) ?? [];
  t.equal(script, `${hub.url}/install/agent.sh`);
  t.equal((await fetch(script)).status, 200);
  runAgent(t, ['--hub', hub.agentAddress, '--token', token, '--data', tempFolder(t)]);
  await page.goto(`${hub.url}/console/`);
  await page.getByRole('cell', { name: 'oslo' }).waitFor();
  await page.goto(`${hub.url}/console/#/people/tokens`);
  await page.getByLabel('Site of the agent').fill('rome');
  await button(page, 'Make the token').click();
  await confirm(page, 'Revoke', 'the token for rome');
  await page.getByText('No token waits for an agent.').waitFor();
});

withBrowser('a webhook that its receiver refused is enabled again, and its delivery comes once more', async (t) => {
  const receiver = await new Receiver().listen(t);
  receiver.answer = (response) => response.writeHead(410).end();
  const page = await visitors.pageOf(t, 'oscar', '/people/webhooks');
  await page.getByLabel('Address of the receiver').fill(receiver.url);
  await page.getByLabel('A tool was called').check();
  await button(page, 'Make the webhook').click();
  receiver.secret = (await page.locator('.secret').textContent()) ?? '';
  await button(page, 'I have it').click();
  await hub.call('POST', '/api/tools/say/invoke', { serverId: server, arguments: { word: 'x' } });
  await receiver.until((all) => all.length === 1);
  await link(page, receiver.url).click();
  await page.getByText('The receiver answered 410 Gone').waitFor();
  t.equal(await button(page, 'Deliver again').count(), 0, 'a disabled webhook gets nothing');
  receiver.answer = (response) => response.writeHead(204).end();
  await button(page, 'Enable').click();
  await button(page, 'Deliver again').click();
  await page.locator('td .status-success').waitFor();
  const [first, again] = await receiver.until((all) => all.length === 2);
  t.equal(again?.id, first?.id);
  t.same(receiver.forged, []);
  await button(page, 'Send a test').click();
  await page.getByText('webhook.test (test)').waitFor();
  await confirm(page, 'Delete', 'the webhook');
  await page.getByText('There is no such webhook.').waitFor();
});

withBrowser('the palette finds pages, servers, tools, runs and actions, by the keyboard alone', async (t) => {
  const page = await visitors.pageOf(t, 'admin');
  await heading(page, 'Overview');
  const choose = async (text: string, option: RegExp) => {
    await page.keyboard.press('ControlOrMeta+k');
    await page.getByRole('combobox', { name: /^Find a page/ }).waitFor();
    await page.keyboard.type(text);
    const wanted = page.getByRole('option', { name: option }).first();
    await wanted.waitFor();
    for (let n = 0; n < 30 && (await wanted.getAttribute('aria-selected')) !== 'true'; n += 1)
      await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
  };
  await choose('tells', /^Server tells/);
  await heading(page, 'tells');
  await choose('release', /^Tool release/);
  await page.getByText('A tool of tells').waitFor();
  await choose('webh', /^Action Make a webhook/);
  await button(page, 'Make the webhook').waitFor();
  await choose('release', /^Action Start release/);
  await heading(page, 'release');
  const id = await start('slow');
  await page.reload();
  await heading(page, 'release');
  await choose(id, /^Run slow/);
  await heading(page, 'Run of slow');
  await choose('audit', /^Page Audit/);
  await heading(page, 'Audit');
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await hub.call('POST', `/automation/api/v1/orchestration/workflows/${id}/cancel`);
  const viewer = await visitors.pageOf(t, 'vera');
  await button(viewer, 'Find').click();
  await viewer.keyboard.type('make');
  await viewer.getByText('Nothing has such a name.').waitFor();
});

withBrowser('axe finds nothing in both themes; 360 and 2,560 pixels are wide enough', async (t) => {
  const id = await start('release');
  const { body } = await hub.call('POST', '/api/webhooks', { url: 'https://example.com/hook', events: ['tool.error'] });
  const page = await visitors.pageOf(t, 'admin');
  const places: [title: string, path: string][] = [
    ['Work', '/work'],
    ['Work', '/work/jobs'],
    ['Work', '/work/schedules'],
    ['Work', '/work/workflows'],
    ['release', '/work/workflows/release'],
    ['Make a workflow', '/work/definitions/new'],
    ['Run of release', `/work/runs/${id}`],
    ['Job: workflow', `/work/jobs/${id}`],
    ['People and keys', '/people/users'],
    ['People and keys', '/people/keys'],
    ['People and keys', '/people/tokens'],
    ['People and keys', '/people/webhooks'],
    ['Webhook', `/people/webhooks/${body.data.id}`],
    ['Overview', '/'],
  ];
  await visitors.checkLooks(t, page, places, [360, 2560]);
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByRole('option').first().waitFor();
  t.same(await visitors.objections(page), [], 'the palette');
  await hub.call('POST', `/automation/api/v1/orchestration/workflows/${id}/cancel`);
});

t.test('no other host was asked, the policy refused nothing, and no stored script ran', async (t) => {
  t.same(visitors?.problems ?? [], []);
});
