import t from 'tap';
import { EchoWatch } from '../../../agent/drivers/suite/instance/echo.js';
import type { Subject } from '../../../agent/drivers/suite/instance/instance.js';
import { Lists, listKinds } from '../../../agent/drivers/suite/lists.js';

t.test('the shown name of an entry holds no beginning of a secret where it is cut', (t) => {
  const value = 'f3a9c1e7b5d20486ace1';
  const watch = new EchoWatch([{ name: 'API_KEY', value }]);
  const lists = new Lists({ watch } as Subject);
  const name = lists.nameOf({ name: `${'x'.repeat(115)}${value}` }, listKinds.tools);
  t.notMatch(name, /f3a9/);
  t.match(name, /^x{115}\[value of/);
  t.equal(lists.nameOf({ name: 'y'.repeat(200) }, listKinds.tools), 'y'.repeat(128));
  t.end();
});
