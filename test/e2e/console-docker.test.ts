import t, { type Test } from 'tap';
import { importBusybox } from '../fixtures/docker/busybox.js';
import { dockerParts, type OwnEngine, startEngine } from '../fixtures/docker/engine.js';
import { button, heading, reads, Visitors } from '../kit/console.js';
import { wait } from '../kit/wait.js';
import { part } from '../parts.js';
import { ADMIN_PASSWORD, type Hub, startAgent, startHub } from '../roundhouse.js';

/** A hub with a Docker Engine, one browser, and a user of each role that matters here. */
let hub: Hub;
let visitors: Visitors;
let engine: OwnEngine;
/** The address of the host's page. */
let host: string;
/** The name of the host. */
let agentName: string;
const hasParts = (t: Test) => part(t, 'chromium') && dockerParts(t) && part(t, 'busybox');
const withBrowser = (title: string, run: (t: Test) => Promise<void>) =>
  t.test(title, async (t) => {
    if (hasParts(t)) await run(t);
  });
const image = 'box:1';
const attempt = (where: string) => `<img src=x onerror=ran("${where}")>`;

/** Has the container `talker` write lines. */
async function write(script: string): Promise<void> {
  const command = ['sh', '-c', `(${script}) >> /tmp/log`];
  const { id } = (await hub.call('GET', '/infrastructure/api/v1/docker/hosts')).body.data[0];
  const path = `/infrastructure/api/v1/docker/hosts/${id}/containers/talker/exec`;
  const { status, body } = await hub.call('POST', path, { command });
  if (status !== 200 || body.data.exit_code !== 0) throw new Error(`not written: ${JSON.stringify(body)}`);
}

const stateOf = async (name: string) => (await engine.docker.getContainer(name).inspect()).State;

t.before(async () => {
  if (!hasParts(t)) return;
  engine = await startEngine(t);
  await importBusybox(engine.docker, image);
  for (const [name, script] of Object.entries({
    talker: 'echo begun > /tmp/log; exec tail -n +1 -f /tmp/log',
    web: 'trap "exit 0" TERM; while :; do sleep 0.2; done',
    ended: 'exit 0',
  })) {
    const made = await engine.docker.createContainer({
      name,
      Image: image,
      Cmd: ['sh', '-c', script, attempt('command')],
      Labels: { note: attempt('label') },
      HostConfig: { NetworkMode: 'none' },
    });
    await made.start();
  }
  hub = await startHub(t);
  const { id } = await startAgent(t, hub);
  host = `/docker/${id}`;
  agentName = (await hub.call('GET', '/infrastructure/api/v1/docker/hosts')).body.data[0].name;
  for (const [username, role] of Object.entries({ vera: 'viewer', oscar: 'operator' }))
    await hub.call('POST', '/api/users', { username, password: ADMIN_PASSWORD, role });
  visitors = await Visitors.start(t, hub);
});

withBrowser('an admin finds a container, restarts it, stops it and starts it', async (t) => {
  const page = await visitors.pageOf(t, 'admin', '/docker');
  await heading(page, 'Docker');
  await page.getByRole('link', { name: agentName }).click();
  await heading(page, agentName);
  await page.getByText('3 found').waitFor();
  await page.getByRole('combobox', { name: 'State' }).selectOption('exited');
  await page.getByText('1 found').waitFor();
  await page.getByRole('link', { name: 'ended' }).waitFor();
  await page.getByRole('combobox', { name: 'State' }).selectOption('running');
  await page.getByLabel('Name contains').fill('WE');
  await page.getByText('1 found').waitFor();
  await page.getByRole('link', { name: 'web' }).click();
  await heading(page, 'web');
  await page.getByText(attempt('label')).waitFor();

  const before = await stateOf('web');
  await button(page, 'Restart web at local').click();
  const question = page.getByRole('group', { name: 'Restart web at local?' });
  await question.getByText('Keep').click();
  t.equal((await stateOf('web')).StartedAt, before.StartedAt, 'nothing happened without a yes');
  const restarted = page.waitForResponse((response) => response.url().endsWith('/restart'));
  await button(page, 'Restart web at local').click();
  await question.getByRole('button', { name: 'Restart' }).click();
  await restarted;
  t.not((await stateOf('web')).StartedAt, before.StartedAt, 'it has begun again');

  await button(page, 'Stop web at local').click();
  await button(page, 'Stop').click();
  await button(page, 'Start web at local').waitFor();
  t.equal((await stateOf('web')).Running, false);
  await button(page, 'Start web at local').click();
  await button(page, 'Start').click();
  await button(page, 'Stop web at local').waitFor();
  t.equal((await stateOf('web')).Running, true);
});

withBrowser('an admin sees the images, and finds a container in the palette', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `${host}/images`);
  await page.getByRole('table', { name: 'Images' }).getByText(image).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('talker');
  await page.getByRole('option', { name: `Container talker on ${agentName}` }).click();
  await heading(page, 'talker');
});

withBrowser('an operator follows a log, of which the page keeps the end', async (t) => {
  const page = await visitors.pageOf(t, 'oscar', `${host}/containers/talker`);
  await page.getByRole('link', { name: 'Log' }).click();
  const log = page.getByRole('log', { name: 'Log' });
  await log.getByText('begun').waitFor();
  await write(`echo '${attempt('log')}'`);
  await log.getByText(attempt('log')).waitFor();
  await write('seq 3000');
  await log.getByText(/ 3000$/).waitFor();
  await page.getByText('2,000 of the last 2,000 lines').waitFor();
  t.match(await log.locator('> div').first().textContent(), /Z 1001$/, 'older lines are let go');
});

withBrowser('an admin runs a command in a container', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `${host}/containers/talker/command`);
  const command = `echo '${attempt('output')}'; echo wrong >&2; exit 3`;
  await page.getByRole('textbox', { name: 'Command' }).fill(command);
  await button(page, 'Run').click();
  const result = page.getByRole('region', { name: `Result of ${command}` });
  await result.getByText('exit code 3').waitFor();
  t.equal(await result.getByRole('region', { name: /^Output/ }).textContent(), `${attempt('output')}\n`);
  t.equal(await result.getByRole('region', { name: /^Errors/ }).textContent(), 'wrong\n');
});

withBrowser('an admin types at a terminal in a container, which ends with its page', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `${host}/containers/talker/terminal`);
  await button(page, 'Open a terminal').click();
  await page.getByText('The terminal is open.').waitFor();
  await page.keyboard.type("echo begu''n; exec sleep 16180");
  await page.keyboard.press('Enter');
  await page.locator('.xterm-rows').getByText('begun', { exact: true }).waitFor();
  const sleeps = async () => {
    const { Processes } = await engine.docker.getContainer('talker').top({ ps_args: '-eo pid,args' });
    return (Processes as string[][]).some((columns) => columns.join(' ').includes('sleep 16180'));
  };
  await wait('the program runs', sleeps);
  await page.getByRole('link', { name: 'State' }).click();
  await page.getByText('Exit code').waitFor();
  await wait('the program has ended', async () => !(await sleeps()));
});

withBrowser('a viewer only reads, and an operator runs no command', async (t) => {
  const page = await visitors.pageOf(t, 'vera', `${host}/containers/web/log`);
  await heading(page, 'web');
  await page.getByText(attempt('label')).waitFor();
  const parts = page.getByRole('navigation', { name: 'Parts of the container' }).getByRole('link');
  await reads(parts, ['State']);
  t.same(await page.getByRole('main').getByRole('button').allTextContents(), []);
  const other = await visitors.pageOf(t, 'oscar', `${host}/containers/web/command`);
  await heading(other, 'web');
  const offered = other.getByRole('navigation', { name: 'Parts of the container' }).getByRole('link');
  await reads(offered, ['State', 'Log']);
  t.equal(await button(other, 'Run').count(), 0);
});

withBrowser('names of a hostile engine run no script', async (t) => {
  const page = await visitors.pageOf(t, 'admin');
  const name = attempt('name');
  await page.route(/\/docker\/hosts\/[^/]+\/containers(\/|\?)/, async (route) => {
    const answer = await route.fetch({ url: route.request().url().replace(encodeURIComponent(name), 'web') });
    const body = (await answer.text()).replaceAll('"name":"web"', `"name":${JSON.stringify(name)}`);
    await route.fulfill({ response: answer, body });
  });
  await page.goto(`${hub.url}/console/#${host}`);
  await page.getByRole('link', { name }).click();
  await heading(page, name);
  await button(page, `Stop ${name} at local`).click();
  await page.getByRole('group', { name: `Stop ${name} at local?` }).waitFor();
});

withBrowser('axe finds nothing in both themes, and the pages fit into each width', async (t) => {
  const page = await visitors.pageOf(t, 'admin');
  const places = [
    ['Docker', '/docker'],
    [agentName, host],
    [agentName, `${host}/images`],
    ['talker', `${host}/containers/talker`],
    ['talker', `${host}/containers/talker/log`],
    ['talker', `${host}/containers/talker/command`],
    ['talker', `${host}/containers/talker/terminal`],
  ] as const;
  await visitors.checkLooks(t, page, places, [360, 2560]);
});

t.test('no other host was asked, the policy refused nothing, and no script of an engine ran', async (t) => {
  if (hasParts(t)) t.same(visitors.problems, []);
});
