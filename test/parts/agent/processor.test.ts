import t from 'tap';
import { ProcessorShare } from '../../../agent/drivers/usage/usage.js';
import { measureServer } from '../../../hub/domain/catalog/portal-servers.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { defaultFleetSettings } from '../../../hub/fleet/settings.js';

t.test('the first look at a server counts from the start of its processes', async (t) => {
  const share = await new ProcessorShare().look('server', [process.pid]);
  t.ok(share !== null && share > 0, `this process has used ${share} %`);
  t.equal(await new ProcessorShare().look('server', []), null, 'without a process there is no share');
});

t.test('a server is shown within the 3 s of the document, though its agent hangs', async (t) => {
  let told = 0;
  const fleet = {
    execute: async (_: string, __: unknown, { timeoutMs }: { readonly timeoutMs: number }) => {
      told = timeoutMs;
      throw new DomainError('timeout', 'No answer');
    },
  };
  const observed = { state: 'connected', containerId: '', connectedSinceMs: 0 };
  t.same(await measureServer(fleet as never, { id: 's', agentId: 'a' } as never, observed as never), {
    cpuPercent: null,
    memoryBytes: null,
    uptimeSeconds: 0,
  });
  t.ok(told + defaultFleetSettings.deadlineSlackMs < 3000, `${told} ms, and what the fleet adds`);
});
