import t, { type Test } from 'tap';
import { borrowCluster, kubernetesParts, type TestCluster } from '../fixtures/kubernetes/cluster.js';
import { toolsImage } from '../fixtures/kubernetes/images.js';
import { button, heading, reads, Visitors } from '../kit/console.js';
import { wait } from '../kit/wait.js';
import { addCluster, deploymentBody, kubernetesPath } from '../kubernetes.js';
import { runPod } from '../parts/kubernetes/harness.js';
import { part } from '../parts.js';
import { ADMIN_PASSWORD, type Hub, startAgent, startHub } from '../roundhouse.js';

/** A hub with a cluster, one browser, and a user of each role that matters here. */
let hub: Hub;
let visitors: Visitors;
let cluster: TestCluster;
/** The address of the cluster's page. */
let home: string;
const hasParts = (t: Test) => part(t, 'chromium') && kubernetesParts(t);
const withBrowser = (title: string, run: (t: Test) => Promise<void>) =>
  t.test(title, async (t) => {
    if (hasParts(t)) await run(t);
  });
const pods = () => `${kubernetesPath}/prod/namespaces/default/pods`;
const attempt = (where: string) => `<img src=x onerror=ran("${where}")>`;

/** Has the pod `talker` write lines. */
async function write(script: string): Promise<void> {
  const command = ['sh', '-c', `{ ${script}; } >> /tmp/log`];
  const { status, body } = await hub.call('POST', `${pods()}/talker/exec`, { command });
  if (status !== 200 || body.data.exit_code !== 0) throw new Error(`not written: ${JSON.stringify(body)}`);
}

t.before(async () => {
  if (!hasParts(t)) return;
  cluster = await borrowCluster(t);
  hub = await startHub(t);
  await startAgent(t, hub);
  home = `/kubernetes/${(await addCluster(hub, 'prod', cluster)).body.data.id}`;
  const command = ['sh', '-c', 'touch /tmp/log; exec tail -f /tmp/log'];
  await runPod(cluster, 'talker', { containers: [{ name: 'main', image: toolsImage, command }] });
  for (const [username, role] of Object.entries({ vera: 'viewer', oscar: 'operator' }))
    await hub.call('POST', '/api/users', { username, password: ADMIN_PASSWORD, role });
  visitors = await Visitors.start(t, hub);
});

withBrowser('an operator finds a deployment, scales it and sees its pods', async (t) => {
  const path = `${kubernetesPath}/prod/namespaces/default/deployments`;
  const made = await hub.call('POST', path, deploymentBody('web', toolsImage, 1));
  t.equal(made.status, 201, JSON.stringify(made.body));
  const replicas = async () => {
    const web = '/apis/apps/v1/namespaces/default/deployments/web';
    const { spec } = await cluster.api<{ spec: { replicas: number } }>('GET', web);
    return spec.replicas;
  };
  const page = await visitors.pageOf(t, 'oscar', '/kubernetes');
  await page.getByLabel('Name contains').fill('PRO');
  await page.getByText('1 found').waitFor();
  await page.getByRole('link', { name: 'prod' }).click();
  await heading(page, 'prod');
  await page.getByRole('region', { name: 'Nodes' }).getByText('Ready').waitFor();
  await page.getByRole('link', { name: 'default' }).click();
  await heading(page, 'default');
  await page.getByRole('link', { name: 'web' }).click();
  await heading(page, 'web');
  await page.getByText('1 of 1 replicas are available').waitFor();

  await page.getByRole('spinbutton', { name: 'Replicas' }).fill('3');
  await button(page, 'Scale web in default from 1 to 3 replicas').click();
  const question = page.getByRole('group', { name: 'Scale web in default from 1 to 3 replicas?' });
  await question.getByText('Keep').click();
  t.equal(await replicas(), 1, 'nothing happened without a yes');
  await button(page, 'Scale web in default from 1 to 3 replicas').click();
  await question.getByRole('button', { name: 'Scale' }).click();
  await page.getByText('3 of 3 replicas are available').waitFor();
  t.equal(await replicas(), 3);
  await page.getByText('3 found').waitFor();
  const own = page.getByRole('table', { name: 'Pods' }).getByRole('link');
  t.equal(await own.count(), 3, 'the pods of the deployment alone');
  const name = (await own.first().textContent()) ?? '';
  await own.first().click();
  await heading(page, name);
  await page.getByRole('region', { name: 'Containers' }).getByText(toolsImage).waitFor();
});

withBrowser('an operator follows the log of a pod, pauses it and searches it', async (t) => {
  const page = await visitors.pageOf(t, 'oscar', `${home}/default/pods/talker`);
  await page.getByRole('link', { name: 'Log' }).click();
  const log = page.getByRole('log', { name: 'Log' });
  await write(`echo '${attempt('log')}'; echo needle; echo hay`);
  await log.getByText(attempt('log')).waitFor();
  await log.getByText('hay').waitFor();

  await page.getByLabel('Lines that contain').fill('NEEDLE');
  await page.getByText('1 of the last 3 lines').waitFor();
  await reads(log.locator('> div'), ['needle']);
  await page.getByLabel('Lines that contain').fill('');

  await button(page, 'Pause').click();
  await write('echo later');
  await page.getByText('3 of the last 3 lines, 1 more wait').waitFor();
  t.equal(await log.getByText('later').count(), 0);
  await button(page, 'Pause').click();
  await log.getByText('later').waitFor();

  await write('seq 3000');
  await log.getByText('3000', { exact: true }).waitFor();
  await page.getByText('2,000 of the last 2,000 lines').waitFor();
  t.equal(await log.locator('> div').first().textContent(), '1001', 'older lines are let go');
  const left = '(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)';
  const below = await page.evaluate<number>(`${left}(document.querySelector('[role=log]'))`);
  t.ok(below < 2, `the end is in view: ${below} pixels are below`);
});

withBrowser('an admin runs a command in a pod, and ends one', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `${home}/default/pods/talker/command`);
  const run = async (command: string) => {
    await page.getByRole('textbox', { name: 'Command' }).fill(command);
    await button(page, 'Run').click();
  };
  const command = `echo '${attempt('output')}'; echo wrong >&2; exit 3`;
  await run(command);
  const result = page.getByRole('region', { name: `Result of ${command}` });
  await result.getByText('exit code 3').waitFor();
  t.equal(await result.getByRole('region', { name: /^Output/ }).textContent(), `${attempt('output')}\n`);
  t.equal(await result.getByRole('region', { name: /^Errors/ }).textContent(), 'wrong\n');

  await page.getByRole('checkbox').uncheck();
  await run('echo  $HOME ; ls');
  await page.getByRole('region', { name: 'Output of echo $HOME ; ls' }).getByText('$HOME ; ls').waitFor();

  await run('sleep 2000');
  await button(page, 'End it').click();
  await page.getByRole('alert').getByText('You ended the command.').waitFor();
});

withBrowser('an admin types at a terminal in a pod, with colours, and leaves it by keyboard', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `${home}/default/pods/talker/terminal`);
  await button(page, 'Open a terminal').click();
  const terminal = page.getByRole('textbox', { name: 'Terminal in talker' });
  const rows = page.locator('.xterm-rows');
  await page.getByText('The terminal is open.').waitFor();
  await page.keyboard.type(`printf '\\033[38;2;1;200;3mgre%s\\033[0m' en; echo '${attempt('terminal')}'`);
  await page.keyboard.press('Enter');
  const green = rows.getByText('green', { exact: true });
  await green.waitFor();
  const colour = `getComputedStyle([...document.querySelectorAll('.xterm-rows span')].find((span) => span.textContent === 'green')).color`;
  t.equal(await page.evaluate(colour), 'rgb(1, 200, 3)');
  await rows.getByText(attempt('terminal')).last().waitFor();
  const size = () => page.evaluate<number>(`document.querySelector('.xterm-rows').childElementCount`);
  const before = await size();
  await page.setViewportSize({ width: 700, height: 400 });
  const fewer = await wait('the terminal has fewer rows', async () => {
    const now = await size();
    return now < before && now;
  });
  // The cluster takes input before it has applied the size.
  await page.keyboard.type(`until stty size | grep '^${fewer} '; do sleep 0.1; done`);
  await page.keyboard.press('Enter');
  await rows.getByText(new RegExp(`^${fewer} \\d+$`)).waitFor();
  t.same(await visitors.objections(page), []);
  await terminal.press('Shift+Tab');
  t.equal(await page.evaluate('document.activeElement.textContent'), 'Close the terminal');
  await terminal.focus();
  await page.keyboard.type('exit 4');
  await page.keyboard.press('Enter');
  await page.getByText('The program has ended with exit code 4.').waitFor();
  await page.getByLabel('Program').fill('/no/such/program');
  await button(page, 'Open a terminal').click();
  await page.getByRole('status').getByText('exit code 127').waitFor();
});

withBrowser('an operator restarts a deployment', async (t) => {
  const page = await visitors.pageOf(t, 'oscar', `${home}/default/deployments/web`);
  await button(page, 'Restart web in default').click();
  const question = page.getByRole('group', { name: 'Restart web in default?' });
  await question.getByRole('button', { name: 'Restart' }).click();
  await page.getByText('The cluster replaces its pods.').waitFor();
  const web = '/apis/apps/v1/namespaces/default/deployments/web';
  const { spec } = await cluster.api<{ spec: { template: { metadata: { annotations?: object } } } }>('GET', web);
  t.match(spec.template.metadata.annotations, { 'kubectl.kubernetes.io/restartedAt': /^20/ });
});

withBrowser('a viewer reads, and an operator runs no commands', async (t) => {
  const page = await visitors.pageOf(t, 'vera', `${home}/default/pods/talker/log`);
  await heading(page, 'talker');
  await page.getByRole('heading', { name: 'Containers' }).waitFor();
  const parts = page.getByRole('navigation', { name: 'Parts of the pod' }).getByRole('link');
  await reads(parts, ['State']);
  await page.goto(`${hub.url}/console/#${home}/default/deployments/web`);
  await heading(page, 'web');
  await page.getByRole('table', { name: 'Pods' }).getByRole('link').first().waitFor();
  t.same(await page.getByRole('main').getByRole('button').allTextContents(), []);

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('prod');
  await page.getByRole('option', { name: 'Cluster prod' }).waitFor();
  await page.keyboard.press('Enter');
  await heading(page, 'prod');

  const other = await visitors.pageOf(t, 'oscar', `${home}/default/pods/talker/command`);
  await other.getByRole('link', { name: 'Log' }).waitFor();
  const offered = other.getByRole('navigation', { name: 'Parts of the pod' }).getByRole('link');
  await reads(offered, ['State', 'Log']);
  t.equal(await button(other, 'Run').count(), 0);
});

withBrowser('axe finds nothing in both themes, and the pages fit into each width', async (t) => {
  const page = await visitors.pageOf(t, 'admin');
  const places = [
    ['Kubernetes', '/kubernetes'],
    ['prod', home],
    ['default', `${home}/default`],
    ['default', `${home}/default/pods`],
    ['web', `${home}/default/deployments/web`],
    ['talker', `${home}/default/pods/talker`],
    ['talker', `${home}/default/pods/talker/log`],
    ['talker', `${home}/default/pods/talker/command`],
    ['talker', `${home}/default/pods/talker/terminal`],
  ] as const;
  await visitors.checkLooks(t, page, places, [360, 2560]);
});

t.test('no other host was asked, the policy refused nothing, and no script of a cluster ran', async (t) => {
  if (hasParts(t)) t.same(visitors.problems, []);
});
