import { status } from '@grpc/grpc-js';
import t from 'tap';
import { certificateRequest, newKey } from '../../../agent/link/enrolment/enroll.js';
import { type Identity, loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { callRenew, dialHub } from '../../../agent/link/session/channel.js';
import { startAgent, startHub } from './rig.js';

t.test('an agent that renews its certificate all the time is refused after ten renewals', async (t) => {
  const hub = await startHub(t);
  const { dataDir } = await startAgent(t, hub);
  const client = dialHub(hub.address, (await loadIdentity(dataDir)) as Identity);
  t.teardown(() => client.close());
  const request = await certificateRequest(await newKey());
  const renew = () =>
    callRenew(client, request, 60_000).then(
      () => status.OK,
      ({ code }: { readonly code: status }) => code,
    );
  const codes: status[] = [];
  while (codes.length < 100 && codes.at(-1) !== status.RESOURCE_EXHAUSTED) codes.push(await renew());
  t.ok(codes.length > 10, 'ten at once are made');
  t.equal(codes.pop(), status.RESOURCE_EXHAUSTED);
  t.same([...new Set(codes)], [status.OK]);
});
