import t from 'tap';
import { startDomain } from '../kit/domain.js';

t.test('two changes of preferences at the same time both take effect', async (t) => {
  const { domain, admin } = await startDomain(t);
  const { configuration } = domain.portal;
  for (const [theme, notifications] of [
    ['dark', false],
    ['light', true],
  ] as const) {
    await Promise.all([
      configuration.setPreferences(admin, admin.caller, { theme }),
      configuration.setPreferences(admin, admin.caller, { notifications }),
    ]);
    t.same(configuration.preferences(admin.caller), { theme, notifications });
  }
});
