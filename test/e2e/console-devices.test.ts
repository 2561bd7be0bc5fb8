import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { type Frr, startFrr } from '../fixtures/frr/frr.js';
import { button, heading, reads, Visitors } from '../kit/console.js';
import { wait } from '../kit/wait.js';
import { addDevice } from '../network.js';
import { part } from '../parts.js';
import { ADMIN_PASSWORD, type Hub, startAgent, startHub } from '../roundhouse.js';

/** A hub with a router, one browser, and a user of each role that matters here. */
let hub: Hub;
let visitors: Visitors;
let frr: Frr;
let device: string;
const hasParts = (t: Test) => part(t, 'chromium') && part(t, 'frr') && part(t, 'sshd');
const withBrowser = (title: string, run: (t: Test) => Promise<void>) =>
  t.test(title, async (t) => {
    if (hasParts(t)) await run(t);
  });

/** Waits for the end of a change, as the page shows it. */
const succeeded = (page: Page, change: string) =>
  page.locator('summary', { hasText: change }).locator('.status-confirmed').waitFor();

t.before(async () => {
  if (!hasParts(t)) return;
  hub = await startHub(t);
  await startAgent(t, hub);
  frr = await startFrr(t);
  device = (await addDevice(hub, 'edge-1', 'frr', frr)).id;
  for (const [username, role] of Object.entries({ vera: 'viewer', uma: 'user', oscar: 'operator' }))
    await hub.call('POST', '/api/users', { username, password: ADMIN_PASSWORD, role });
  visitors = await Visitors.start(t, hub);
});

withBrowser('an operator finds a device, runs a command, and commits a candidate and rolls it back', async (t) => {
  const page = await visitors.pageOf(t, 'oscar', '/devices');
  await page.getByLabel('Name contains').fill('EDGE-1');
  await page.getByText('1 found').waitFor();
  await page.getByRole('link', { name: 'edge-1' }).click();
  await heading(page, 'edge-1');
  await page.getByRole('textbox', { name: 'Command' }).fill('show version');
  await button(page, 'Run').click();
  await page.getByRole('region', { name: 'Output of show version' }).getByText('FRRouting').waitFor();

  const text = '<img src=x onerror=ran("device")>';
  await page.getByLabel(/^Lines of configuration/).fill(`interface lo\n description ${text}\n`);
  await button(page, 'Put into the candidate').click();
  await page.getByRole('region', { name: 'Lines of the candidate' }).getByText(`description ${text}`).waitFor();
  t.notOk((await frr.vtysh('show running-config')).includes(text), 'the device knows nothing of a candidate');
  await button(page, 'Commit the candidate on edge-1').click();
  await page.getByRole('group', { name: 'Commit the candidate on edge-1?' }).getByText('Keep').click();
  await button(page, 'Commit the candidate on edge-1').click();
  await button(page, 'Commit').click();
  await succeeded(page, 'commit by oscar');
  t.ok((await frr.vtysh('show running-config')).includes(text), 'the device has the change');
  await button(page, 'Read the running configuration').click();
  await page.getByRole('region', { name: 'Running configuration' }).getByText(text).waitFor();

  await button(page, 'Roll back the last change of edge-1').click();
  await button(page, 'Roll back').click();
  await succeeded(page, 'rollback by oscar');
  t.notOk((await frr.vtysh('show running-config')).includes(text), 'the device has it no more');
});

withBrowser('a candidate that another person drops meanwhile is not dropped by rolling the device back', async (t) => {
  const path = `/infrastructure/api/v1/network/devices/${device}/config`;
  const route = 'ip route 198.51.100.128/25 blackhole';
  // A change that is under way goes first.
  await wait('edge-1 has the route', async () => (await hub.call('PUT', path, { config: route })).status === 200);
  await hub.call('PUT', path, { config: 'ip route 198.51.100.0/25 blackhole', commit: false });
  const page = await visitors.pageOf(t, 'oscar', `/devices/${device}`);
  await button(page, 'Drop the candidate of edge-1').click();
  // The page does not learn of it before the click.
  const { body: json } = await hub.call('GET', `${path}/candidate`);
  await page.route('**/config/candidate', (asked) => asked.fulfill({ json }));
  t.equal((await hub.call('POST', `${path}/rollback`)).status, 200);
  await button(page, 'Drop').click();
  await page.getByText("the candidate of device 'edge-1' is not the expected one").waitFor();
  t.match(await frr.vtysh('show running-config'), route);
});

withBrowser('a backup is made, restored and deleted', async (t) => {
  const page = await visitors.pageOf(t, 'admin', `/devices/${device}`);
  await heading(page, 'edge-1');
  await frr.vtysh('configure terminal', 'ip route 198.51.100.0/24 blackhole');
  await page.getByLabel('Description of the backup').fill('good');
  await button(page, 'Make a backup').click();
  const row = page.getByRole('row').filter({ hasText: 'good' });
  await row.waitFor();
  await frr.vtysh('configure terminal', 'no ip route 198.51.100.0/24 blackhole');
  await row.getByRole('button', { name: /^Restore/ }).click();
  await button(page, 'Restore').click();
  await succeeded(page, 'restore by admin');
  t.match(await frr.vtysh('show running-config'), 'ip route 198.51.100.0/24 blackhole');
  await row.getByRole('button', { name: /^Delete/ }).click();
  await button(page, 'Delete').click();
  await row.waitFor({ state: 'detached' });
});

withBrowser('a viewer reads, and a user runs commands that only read', async (t) => {
  const page = await visitors.pageOf(t, 'vera', `/devices/${device}`);
  await heading(page, 'edge-1');
  await page.getByRole('heading', { name: 'Backups' }).waitFor();
  t.same(await page.getByRole('main').getByRole('button').allTextContents(), []);
  const other = await visitors.pageOf(t, 'uma', `/devices/${device}`);
  await heading(other, 'edge-1');
  await reads(other.getByRole('main').getByRole('button'), ['Run', 'Read the running configuration']);
  await other.getByRole('textbox', { name: 'Command' }).fill('configure terminal');
  await button(other, 'Run').click();
  await other.getByRole('alert').waitFor();
});

withBrowser('axe finds nothing in both themes, and the pages fit into each width', async (t) => {
  const page = await visitors.pageOf(t, 'admin');
  const places = [
    ['Devices', '/devices'],
    ['edge-1', `/devices/${device}`],
  ] as const;
  await visitors.checkLooks(t, page, places, [360, 2560]);
});

t.test('no other host was asked, the policy refused nothing, and no script of a device ran', async (t) => {
  if (hasParts(t)) t.same(visitors.problems, []);
});
