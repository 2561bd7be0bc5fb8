import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import type { Test } from 'tap';
import { ADMIN_PASSWORD, type Hub, type Owner } from './hub.js';
import { wait } from './wait.js';

const limitMs = 180_000;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Browsers of people at the console of a hub. */
export class Visitors {
  /** Requests to other hosts, refusals of the content security policy, scripts that ran, and errors of pages. */
  readonly problems: string[] = [];
  readonly #contexts = new Map<string, Promise<BrowserContext>>();

  private constructor(
    private readonly browser: Browser,
    private readonly hub: Hub,
  ) {}

  /** Starts a browser, which ends with the test. */
  static async start(t: Owner, hub: Hub): Promise<Visitors> {
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox'],
      timeout: limitMs,
    });
    t.teardown(() => browser.close());
    return new Visitors(browser, hub);
  }

  /** A person who is not signed in, and has no cookies. */
  stranger(): Promise<BrowserContext> {
    return this.browser.newContext();
  }

  /** A page that is watched. It is closed with the test. */
  async open(t: Owner, context: BrowserContext, url = `${this.hub.url}/console`): Promise<Page> {
    const { problems } = this;
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

  /** A page of a user who is signed in. Each user signs in once. */
  async pageOf(t: Owner, username: string, path = '/', url = `${this.hub.url}/console/`): Promise<Page> {
    const made =
      this.#contexts.get(username) ??
      (async () => {
        const context = await this.stranger();
        const page = await this.open(t, context);
        await signIn(page, username);
        return context;
      })();
    this.#contexts.set(username, made);
    return this.open(t, await made, `${url}#${path}`);
  }

  /** The places of a page that axe objects to. The browser's own console runs axe, because the policy lets no script into the page. */
  async objections(page: Page): Promise<string[]> {
    await page.evaluate(`${axe};0`);
    const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
      'axe.run()',
    );
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
  }

  /** Asserts that axe objects to nothing on these pages in both themes, and that they fit into each of the widths. */
  async checkLooks(
    t: Test,
    page: Page,
    places: readonly (readonly [title: string, path: string])[],
    widths: readonly number[] = [360],
  ): Promise<void> {
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const [title, path] of places) {
        await page.setViewportSize({ width: widths[0] ?? 360, height: 800 });
        await page.goto(`${this.hub.url}/console/#${path}`);
        await heading(page, title);
        await page.getByText('Loading …').first().waitFor({ state: 'detached' });
        t.same(await this.objections(page), [], `${path}, ${scheme}`);
        for (const width of widths) {
          await page.setViewportSize({ width, height: 800 });
          t.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${path}, ${scheme}`);
        }
      }
    }
  }
}

export async function signIn(page: Page, username: string): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(ADMIN_PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await heading(page, 'Overview');
}

/** Puts a text in place of what an editor holds, as a person does. */
export async function retype(page: Page, label: string | RegExp, text: string): Promise<void> {
  await page.getByRole('textbox', { name: label }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

/** The text that an editor shows. */
export async function shownText(page: Page, label: string | RegExp): Promise<string> {
  const lines = page.getByRole('textbox', { name: label }).locator('.cm-line');
  await lines.first().waitFor();
  return (await lines.allTextContents()).join('\n');
}

/** Waits until the elements are there and have these texts, because a page shows its parts one after the other. */
export async function reads(elements: Locator, texts: readonly string[]): Promise<void> {
  let seen: string[] = [];
  await wait(
    () => `the texts are ${JSON.stringify(texts)}. They are ${JSON.stringify(seen)}`,
    async () => {
      seen = await elements.allTextContents();
      return isDeepStrictEqual(seen, texts);
    },
  );
}

export const heading = (page: Page, name: string) =>
  page.getByRole('heading', { name, level: 1, exact: true }).waitFor();

export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
