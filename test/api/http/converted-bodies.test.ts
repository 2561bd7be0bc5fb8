import { mock } from 'node:test';
import t from 'tap';
import { Type } from 'typebox';
import { DomainError } from '../../../hub/domain/errors.js';
import { authenticate, call, dial, keyOf, on, readAll, startHttp, tokenOf } from './fixture.js';

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

t.test('a body that is read as a text reaches the endpoint as it is: nothing makes JSON of it', async (t) => {
  const reads = { 'application/json': async (text: string) => text };
  const handle = ({ body }: { body: string }) => ({ length: body.length, end: body.slice(-3) });
  const { url } = await startHttp(t, { portal: [on('POST', '/portal/text', { body: Type.Unknown(), reads }, handle)] });
  const seen = { parse: 0, stringify: 0 };
  for (const name of ['parse', 'stringify'] as const) {
    const real = JSON[name] as (...given: unknown[]) => unknown;
    const counted = (...given: unknown[]) => {
      if (typeof given[0] === 'string' && given[0].length >= 1024 * 1024) seen[name] += 1;
      return real(...given);
    };
    const { mock: spy } = mock.method(JSON, name, counted as never);
    t.teardown(() => spy.restore());
  }
  const post = (body: string) =>
    call(`${url}/portal/text`, 'POST', {
      body,
      headers: { 'x-api-key': keyOf('none'), 'content-type': 'application/json' },
    });
  const body = `${'\u0001'.repeat(1024 * 1024 - 3)}end`;
  t.match(await post(body), { status: 200, json: { data: { length: 1024 * 1024, end: 'end' } } });
  t.same(seen, { parse: 0, stringify: 0 });
  t.match(await post(''), { status: 400 }, 'an empty body counts as a missing body');
});
