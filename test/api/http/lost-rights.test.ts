import t from 'tap';
import { DomainError } from '../../../hub/domain/errors.js';
import { authenticate, call, on, startHttp } from './fixture.js';

t.test('a caller who loses its rights during a request reads nothing, and gets the answer to a change', async (t) => {
  let isRevoked = false;
  const slow = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    isRevoked = true;
    return { secret: 'of others' };
  };
  const { url, audits } = await startHttp(
    t,
    { connect: [on('GET', '/api/slow', { audit: 'slow.read' }, slow), on('POST', '/api/slow', {}, slow)] },
    {
      authenticate: {
        ...authenticate,
        checkReader: () => {
          if (isRevoked) throw new DomainError('invalid_credential', 'The API key has been revoked');
        },
      },
    },
  );
  const read = await call(`${url}/connect/api/slow`);
  t.equal(read.status, 401);
  t.notMatch(read.text, 'of others');
  t.match(audits, [{ success: false, details: { error: 'invalid_credential' } }]);
  const changed = await call(`${url}/connect/api/slow`, 'POST');
  t.match(changed, { status: 200, text: /of others/ });
});
