// Texts from devices and registries for which an expression whose time grows with the square of the text would take hours.
import t from 'tap';
import { parseChallenge } from '../../../agent/drivers/docker/challenge.js';
import { lastLine, screenText } from '../../../agent/drivers/network/ssh/screen.js';
import { maskSecrets } from '../../../hub/domain/devices/mask.js';

const MANY = 1_000_000;

t.test("a device's output of carriage returns alone", async (t) => {
  t.equal(screenText(`ab${'\r'.repeat(MANY)}c`), 'cb');
  t.equal(screenText(`a${'\r'.repeat(MANY)}\nb`), 'a\nb');
  t.equal(lastLine(`ab${'\r'.repeat(MANY)}c`), 'cb');
});

t.test('a configuration line of blanks after the name of a secret', async (t) => {
  const line = `password${' '.repeat(MANY)}`;
  t.equal(maskSecrets(line), line);
  t.equal(maskSecrets(`password${' '.repeat(1000)}x`), `password${' '.repeat(1000)}[REDACTED]`);
  t.equal(maskSecrets('password : x'), 'password : [REDACTED]');
});

t.test("a registry's challenge of one long word", async (t) => {
  t.same(parseChallenge(`Bearer ${'a'.repeat(MANY)}`), { scheme: 'bearer', parameters: {} });
});
