import { once } from 'node:events';
import t, { type Test } from 'tap';
import { Type } from 'typebox';
import { DomainError } from '../../../hub/domain/errors.js';
import { authenticate, dial, keyOf, on, startHttp } from './fixture.js';

/** The number of handlers that began in each round of the event loop, and a clock that only `take` moves. */
async function rounds(t: Test) {
  for (let round = 0; round < 3; round += 1) await new Promise(setImmediate);
  let now = performance.now();
  t.intercept(performance, 'now', { value: () => now });
  const begun = [0];
  let isOver = false;
  const look = () => {
    begun.push(0);
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  t.teardown(() => {
    isOver = true;
  });
  const take = (ms: number) => {
    now += ms;
    begun[begun.length - 1] = (begun.at(-1) ?? 0) + 1;
  };
  return { take, begun };
}

const head = (method: string, path: string, more = '') =>
  `${method} /connect${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${keyOf('none')}\r\n${more}\r\n`;

/** Sends all requests at the same moment, each over a connection of its own that is open already; gives the statuses. */
async function together(t: Test, port: number, requests: readonly string[]): Promise<string[]> {
  const sockets = await Promise.all(requests.map(() => dial(t, port)));
  for (const socket of sockets) socket.write(head('GET', '/api/quick'));
  await Promise.all(sockets.map((socket) => once(socket, 'data')));
  const answers = sockets.map((socket) => once(socket, 'data'));
  for (const [i, socket] of sockets.entries()) socket.write(requests[i] ?? '');
  return (await Promise.all(answers)).map(([data]) => String(data).slice(9, 12));
}

t.test('the handlers of requests that come at the same moment do not add up to one long block', async (t) => {
  let take = (_ms: number) => {};
  const slow = () => {
    take(5);
    return {};
  };
  const { port } = await startHttp(t, {
    connect: [
      on('GET', '/api/quick'),
      on('GET', '/api/slow', {}, slow),
      on('POST', '/api/slow', {}, slow),
      on('PUT', '/api/slow', { body: Type.Object({}) }, slow),
    ],
  });
  for (const [method, more] of [
    ['GET', ''],
    ['POST', ''],
    ['PUT', 'Content-Type: application/json\r\nContent-Length: 2\r\n'],
  ] as const)
    await t.test(method, async (t) => {
      const watched = await rounds(t);
      take = watched.take;
      const request = head(method, '/api/slow', more) + (method === 'PUT' ? '{}' : '');
      const statuses = await together(
        t,
        port,
        Array.from({ length: 20 }, () => request),
      );
      t.same(
        statuses.filter((status) => status !== '200'),
        [],
      );
      t.equal(
        watched.begun.reduce((sum, count) => sum + count),
        20,
      );
      t.same(
        watched.begun.filter((count) => count > 1),
        [],
      );
    });
});

t.test(
  'a request that waits for its turn is judged by the rights of that moment, and health does not wait',
  async (t) => {
    let take = (_ms: number) => {};
    let isRevoked = false;
    const order: string[] = [];
    const { port } = await startHttp(
      t,
      {
        connect: [
          on('GET', '/api/quick'),
          on('GET', '/api/slow', {}, () => {
            order.push('slow');
            isRevoked = true;
            take(5);
            return {};
          }),
          on('GET', '/api/free', { limit: 'none' }, () => {
            order.push('free');
            return {};
          }),
        ],
      },
      {
        authenticate: {
          ...authenticate,
          recheck: (caller) => {
            if (isRevoked) throw new DomainError('invalid_credential', 'revoked');
            return caller;
          },
        },
      },
    );
    take = (await rounds(t)).take;
    const statuses = await together(t, port, [
      ...Array.from({ length: 5 }, () => head('GET', '/api/slow')),
      head('GET', '/api/free'),
    ]);
    t.same(statuses, ['200', '401', '401', '401', '401', '200']);
    t.same(order, ['slow', 'free']);
  },
);
