import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { wait } from '../kit/wait.js';
import { hubWithEverything, textOf } from '../mcp-answers.js';
import { statelessRequest } from '../stateless-request.js';
import { tempFolder } from '../temp-folder.js';

t.test('a client that answers after the server gave up its question gets the result of the call', async (t) => {
  const hub = await hubWithEverything(t, ['alpha']);
  const file = join(tempFolder(t), 'enough');
  const params = { message: 'who?' };
  const question = { name: 'alpha__ask', arguments: { method: 'elicitation/create', params, until: file } };
  const ask = (more: object = {}) =>
    statelessRequest(hub, 'tools/call', { ...question, ...more }, { capabilities: { elicitation: { form: {} } } });
  const { result } = await ask();
  t.equal(result.resultType, 'input_required');
  writeFileSync(file, '');
  await wait(
    'the call is in the audit log',
    async () => (await hub.call('GET', '/api/audit?action=tool.invoke')).body.data.total > 0,
  );
  const answered = { 'elicitation-1': { action: 'accept', content: { name: 'x' } } };
  const late = { requestState: result.requestState, inputResponses: answered };
  const done = await ask(late);
  t.equal(done.result?.resultType, 'complete');
  t.equal(textOf(done.result), '"given up"');
  t.match(await ask(late), { error: { code: -32602, message: /used already/ } }, 'once');
});
