import { chromium } from 'playwright-core';
import t from 'tap';
import { part } from '../parts.js';
import { ADMIN_KEY, startHub } from '../roundhouse.js';

t.test('the page of the API reference, in a browser', async (t) => {
  if (!part(t, 'chromium')) return;
  const hub = await startHub(t);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && origin !== hub.url) problems.push(`another host: ${request.url()}`);
  });

  await t.test('the first page leads to it', async (t) => {
    await page.goto(hub.url);
    t.match(await page.textContent('h1'), /^Roundhouse \d/);
    await page.click('a[href="docs"]');
    await page.waitForSelector('.opblock');
    t.match(await page.textContent('.info .title'), /MCP Connect/);
  });

  await t.test('a request can be tried there with a key', async (t) => {
    await page.click('.btn.authorize');
    await page.fill('input[aria-label="auth-bearer-value"], #auth-bearer-value', ADMIN_KEY);
    await page.click('.modal-ux .btn.authorize');
    await page.click('.modal-ux .btn-done');
    const operation = page.locator('.opblock', { has: page.locator('[data-path="/api/sites"]') }).first();
    await operation.locator('.opblock-summary').click();
    await operation.locator('.btn.execute').click();
    await operation.locator('.live-responses-table .response').first().waitFor();
    t.match(
      await operation.locator('.live-responses-table .response .response-col_status').first().textContent(),
      /200/,
    );
  });

  await t.test('an open operation fits a telephone, and its examples are words', async (t) => {
    await page.setViewportSize({ width: 360, height: 800 });
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
    const operation = page.locator('.opblock', { has: page.locator('[data-path="/api/servers/{id}"]') }).first();
    await operation.locator('.opblock-summary').click();
    t.match(await operation.locator('.response-col_description .example').first().textContent(), '"command": "string"');
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  await t.test('every API is there', async (t) => {
    const names = await page.locator('.download-url-wrapper option').allTextContents();
    t.equal(names.length, 6);
    for (const option of await page.locator('.download-url-wrapper option').all()) {
      const url = new URL((await option.getAttribute('value')) ?? '', `${hub.url}/docs`);
      const document = (await (await fetch(url)).json()) as { openapi: string; info: { title: string } };
      t.match(document, { openapi: '3.1.0', info: { title: String } });
    }
  });

  t.same(problems, [], 'nothing is refused by the content security policy, and no other host is asked');
});

t.test('a program that asks for the first page gets JSON', async (t) => {
  const hub = await startHub(t);
  const answer = await fetch(hub.url);
  t.match(await answer.json(), { name: 'Roundhouse', version: String, docs: '/docs' });
  t.equal((await fetch(`${hub.url}/docs/..%2Fhub.cjs`)).status, 404);
});
