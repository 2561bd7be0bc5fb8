import t from 'tap';
import { withoutUserInfo } from '../../../agent/drivers/sources/run-tool.js';

t.test('no part of a password in an address is shown', async (t) => {
  for (const [said, shown] of [
    ['fatal: https://u:p@ss@host.test/a.git is gone', 'fatal: https://host.test/a.git is gone'],
    ["'https://token@host.test/a@v1' and ssh://git@host.test/b", "'https://host.test/a@v1' and ssh://host.test/b"],
    ['https://host.test/a.git@v1', 'https://host.test/a.git@v1'],
  ] as const)
    t.equal(withoutUserInfo(said), shown);
});
