import t from 'tap';
import { credentialOf } from '../../../hub/http/request/credentials.js';

t.test('either header may hold either kind of credential', async (t) => {
  t.equal(credentialOf('Bearer abc', ''), 'abc');
  t.equal(credentialOf('bearer  abc ', ''), 'abc');
  t.equal(credentialOf('', 'abc'), 'abc');
  t.equal(credentialOf('Bearer abc', 'abc'), 'abc');
  t.equal(credentialOf('', ''), null);
});

t.test('two different credentials are refused', async (t) => {
  t.throws(() => credentialOf('Bearer a', 'b'), { code: 'invalid_credential' });
});

t.test('other schemes, an empty Bearer and credentials that are too long are refused', async (t) => {
  for (const value of ['Basic YTpi', 'Bearer', 'Bearer ', 'Bearer a b', 'Bearera', `Bearer ${'x'.repeat(9000)}`])
    t.throws(() => credentialOf(value, ''), { code: 'invalid_credential' }, value.slice(0, 20));
});

t.test('no message shows a credential', async (t) => {
  try {
    credentialOf('Bearer secret-one', 'secret-two');
    t.fail('must be refused');
  } catch (error) {
    t.notMatch(JSON.stringify([(error as Error).message, (error as { details?: unknown }).details]), /secret-/);
  }
});
