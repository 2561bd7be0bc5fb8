import t from 'tap';
import { eventsOf, HubFailure, wholeText } from '../../../hub/cli/mcp/endpoint.js';

/** An answer with this beginning and no end. `left` resolves once the bridge stops reading it. */
function endless(begin: string) {
  const chunk = Buffer.alloc(1024 * 1024, 'a');
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from(begin)),
    pull: (controller) => controller.enqueue(chunk),
    cancel: () => leave(),
  });
  return { left, response: new Response(body) };
}

const overlong = { message: 'the hub sent a message of more than 67108864 characters', data: { outcome: 'unknown' } };

t.test('the bridge gives up an answer without an end', async (t) => {
  const { left, response } = endless('{"result":"');
  await t.rejects(wholeText(response), overlong);
  await left;
});

t.test('the bridge gives up an event without an end', async (t) => {
  for (const begin of ['data: ', 'data: {}\n\ndata: ']) {
    const { left, response } = endless(begin);
    const seen: string[] = [];
    const failure = await (async () => {
      for await (const { data } of eventsOf(response)) seen.push(data);
    })().catch((error: unknown) => error);
    t.type(failure, HubFailure);
    t.match(failure, overlong);
    t.same(seen, begin.includes('{}') ? ['{}'] : []);
    await left;
  }
});
