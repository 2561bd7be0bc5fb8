import { chromium } from 'playwright-core';
import t from 'tap';
import { part } from '../parts.js';
import { everything, startAgent, startHub } from '../roundhouse.js';

/** For each thing that is waited for: a busy machine takes its time to start a browser, or a server. */
const limitMs = 180_000;

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The document's example ("JavaScript Example" of `seeds/003`), with a ticket where it has headers, which no browser sends. */
const example = `
const eventSource = new EventSource('/api/sse/events?types=server.connected,server.disconnected&ticket=' + ticket);

eventSource.addEventListener('server.connected', (e) => {
  const data = JSON.parse(e.data);
  console.log(\`Server connected: \${data.serverName}\`);
});

eventSource.addEventListener('server.disconnected', (e) => {
  const data = JSON.parse(e.data);
  console.log(\`Server disconnected: \${data.serverName}\`);
});
`;

t.test('the documented example in Chromium, with a ticket', async (t) => {
  if (!part(t, 'chromium')) return;
  const hub = await startHub(t);
  await startAgent(t, hub);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args, timeout: limitMs });
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(limitMs);
  await page.goto(`${hub.url}/health`);
  const { body } = await hub.call('POST', '/api/sse/tickets');
  const opened = page.waitForResponse((response) => response.url().includes('/api/sse/events'));
  await page.evaluate(
    `{ const ticket = ${JSON.stringify(body.data.ticket)}; ${example}; globalThis.source = eventSource; }`,
  );
  t.equal((await opened).status(), 200);

  // The browser also logs requests of its own, such as for an icon.
  const said = () => page.waitForEvent('console', (message) => message.text().startsWith('Server '));
  const connected = said();
  const transport = { type: 'stdio', command: process.execPath, args: [everything] };
  await hub.connectServer({ name: 'in-the-browser', transport });
  t.equal((await connected).text(), 'Server connected: in-the-browser');
  const disconnected = said();
  await hub.call('POST', '/api/servers/in-the-browser/disconnect');
  t.equal((await disconnected).text(), 'Server disconnected: in-the-browser');

  await page.evaluate('source.close()');
  const again = page.waitForResponse((response) => response.url().includes('/api/sse/events'));
  await page.evaluate(`new EventSource('/api/sse/events?ticket=${body.data.ticket}')`);
  t.equal((await again).status(), 401, 'a ticket is good for one stream');
});
