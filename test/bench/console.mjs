// The console in Chromium with many servers and many events.
import { chromium } from 'playwright-core';
import { call, startProduct } from './product.mjs';

/** `minutes` is how long the page stays open under events; BENCH_MINUTES sets another time. */
const method = { servers: 10_000, eventsPerSecond: 1000, minutes: Number(process.env.BENCH_MINUTES ?? 2) };
const limitMs = 120_000;
const mebibytes = (/** @type {number} */ bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** Runs in the page: scrolls the list to its end and back, a frame at a time. */
const scroll = `new Promise((resolve) => {
  const list = document.querySelector('section.rows');
  const long = [];
  new PerformanceObserver((seen) => long.push(...seen.getEntries().map(({ duration }) => duration))).observe({ entryTypes: ['longtask'] });
  const frames = [];
  const begun = performance.now();
  const step = (at) => {
    frames.push(at);
    const elapsed = performance.now() - begun;
    const turn = (elapsed % 5000) / 2500;
    list.scrollTop = (list.scrollHeight - list.clientHeight) * (turn < 1 ? turn : 2 - turn);
    if (elapsed < 10000) requestAnimationFrame(step);
    else resolve({ perSecond: (frames.length - 1) / ((frames.at(-1) - frames[0]) / 1000), longest: Math.max(0, ...long) });
  };
  requestAnimationFrame(step);
})`;

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function consolePages(cleanup) {
  // @ts-expect-error it brings no types
  const { default: autocannon } = await import('autocannon');
  const { url, key } = await startProduct(cleanup);
  const authorization = `Bearer ${key}`;
  const headers = { 'content-type': 'application/json', authorization };
  const transport = { type: 'stdio', command: 'node', args: ['server.js'] };
  for (let at = 0; at < method.servers; at += 50) {
    const made = Array.from({ length: 50 }, (_, i) =>
      fetch(`${url}/api/servers`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ name: `server-${at + i}`, site: 'bench', transport }),
      }),
    );
    for (const { status } of await Promise.all(made))
      if (status !== 201) throw new Error(`a server was not registered: ${status}`);
  }

  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  cleanup.push(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(limitMs);
  const heading = (/** @type {string} */ name) => page.getByRole('heading', { name, level: 1, exact: true }).waitFor();
  /** @param {() => Promise<unknown>} work */
  const timed = async (work) => {
    const begun = performance.now();
    await work();
    return performance.now() - begun;
  };
  const first = await timed(async () => {
    await page.goto(`${url}/console/`);
    await page.getByLabel('User name').waitFor();
  });
  await page.getByLabel('User name').fill('admin');
  await page.getByLabel('Password').fill('only-for-this-bench');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await heading('Overview');
  const again = await timed(async () => {
    await page.reload();
    await heading('Overview');
  });
  const listed = await timed(async () => {
    await page.goto(`${url}/console/#/servers`);
    await page.getByText(`of ${(method.servers + 1).toLocaleString('en')} servers`).waitFor();
  });
  const still = await page.evaluate(scroll);

  // Each call of a tool is an event.
  const events = autocannon({
    url: `${url}/api/tools/${call.name}/invoke`,
    method: 'POST',
    headers,
    body: JSON.stringify({ arguments: call.arguments }),
    connections: 32,
    overallRate: method.eventsPerSecond,
    duration: 3600,
  });
  cleanup.push(async () => void events.stop());
  let calls = 0;
  events.on('response', () => {
    calls += 1;
  });
  const busy = await page.evaluate(scroll);
  await page.goto(`${url}/console/#/events`);
  await heading('Events');
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.enable');
  const heap = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    return (await devtools.send('Runtime.getHeapUsage')).usedSize;
  };
  const used = [];
  const [begunAt, before] = [performance.now(), calls];
  for (let minute = 0; minute <= method.minutes; minute += 1) {
    if (minute > 0) await new Promise((resolve) => setTimeout(resolve, 60_000));
    used.push(await heap());
  }
  const perSecond = (calls - before) / ((performance.now() - begunAt) / 1000);
  const frames = (/** @type {{ perSecond: number, longest: number }} */ seen) =>
    `${seen.perSecond.toFixed(0)} frames/s, longest task ${seen.longest.toFixed(0)} ms`;
  return {
    title: `The console in Chromium, ${method.servers.toLocaleString('en')} servers`,
    rows: [
      ['first load, to the form for signing in', `${first.toFixed(0)} ms`],
      ['reload, to the overview', `${again.toFixed(0)} ms`],
      ['all servers in the list', `${listed.toFixed(0)} ms`],
      ['scrolling through all servers for 10 s', frames(still)],
      [`the same during ${method.eventsPerSecond} events/s`, frames(busy)],
      [`memory of the page of events at ${perSecond.toFixed(0)} events/s, each minute`, used.map(mebibytes).join(', ')],
    ],
  };
}
