import t from 'tap';
import { type Account, peopleProvider } from '../fixtures/oidc/people-provider.js';
import { button, heading, Visitors } from '../kit/console.js';
import { part } from '../parts.js';
import { portalSettings } from '../portal.js';
import { startHub } from '../roundhouse.js';

t.test('a person signs in at the identity provider, at another site, and comes back', async (t) => {
  if (!part(t, 'chromium')) return;
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
