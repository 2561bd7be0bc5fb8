import t from 'tap';
import { Type } from 'typebox';
import { DomainError } from '../../../hub/domain/errors.js';
import { authenticate, dial, keyOf, on, readAll, startHttp, tokenOf } from './fixture.js';

t.test('the hub converts a body only for a caller who may run the request', async (t) => {
  const converted: string[] = [];
  const reads = {
    'text/plain': async (text: string) => {
      converted.push(text);
      return { text };
    },
  };
  const body = Type.Object({ text: Type.String() });
  const { port } = await startHttp(
    t,
    {
      portal: [
        on('POST', '/portal/open', { body, reads }),
        on('POST', '/portal/closed', { body, reads, permission: 'user.manage' }),
      ],
    },
    {
      authenticate: {
        ...authenticate,
        // The hub verifies a token while the body comes.
        verify: async (credential, context) => {
          await new Promise((resolve) => setImmediate(resolve));
          if (credential.endsWith('forged')) throw new DomainError('invalid_credential', 'invalid');
          return authenticate.verify(credential, context);
        },
      },
    },
  );
  const statusOf = async (path: string, credential: string, text: string) => {
    const socket = await dial(t, port);
    const answer = readAll(socket);
    // In one piece: the body is there before the hub has verified the credential.
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer ${credential}\r\nContent-Type: text/plain\r\n` +
        `Connection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    );
    return Number((await answer).split(' ')[1]);
  };
  t.equal(await statusOf('/portal/open', `${tokenOf('portal')}forged`, 'forged'), 401);
  t.equal(await statusOf('/portal/closed', tokenOf('portal', 'viewer'), 'forbidden'), 403);
  t.same(converted, []);
  t.equal(await statusOf('/portal/open', tokenOf('portal', 'viewer'), 'allowed'), 200);
  t.equal(await statusOf('/portal/closed', keyOf('portal'), 'key'), 200);
  t.same(converted, ['allowed', 'key']);
});
