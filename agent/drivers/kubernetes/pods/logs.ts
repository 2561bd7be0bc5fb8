import type { Cancellation } from '../../../cancellation.js';
import type { Client } from '../cluster/client.js';
import { invalid } from '../cluster/failure.js';
import { brokenOff } from '../cluster/transport.js';
import { type ContainerPlace, chooseContainer } from './pods.js';

/** Which log lines to read; see ReadPodLog in `kubernetes.proto`. */
export interface LogRequest extends ContainerPlace {
  readonly previous: boolean;
  readonly follow: boolean;
  readonly tailLines: number;
  readonly noTail: boolean;
  readonly sinceSeconds: number;
  readonly timestamps: boolean;
  readonly limitBytes: number;
}

/** The default limit of a log that is not followed, bytes. */
const defaultLimit = 16 * 1024 * 1024;

/** A container's log, read only as fast as the caller takes it. @throws AgentFailure `connection_lost`, the signal's reason. */
export async function* readLog(client: Client, request: LogRequest, signal: Cancellation): AsyncGenerator<Uint8Array> {
  if (request.follow && request.previous) {
    throw invalid('follow', 'the log of a previous container has ended: it cannot be followed');
  }
  const { name: container } = await chooseContainer(client, request, false, signal);
  const { namespace, pod, follow } = request;
  const limit = request.limitBytes || (follow ? Number.POSITIVE_INFINITY : defaultLimit);
  const response = await client.open(
    `/api/v1/namespaces/${namespace}/pods/${pod}/log`,
    queryOf(request, container, limit),
    signal,
  );
  let left = limit;
  try {
    // An empty chunk shows that there is a log.
    yield new Uint8Array();
    for await (const chunk of response as AsyncIterable<Buffer>) {
      yield chunk.subarray(0, left);
      left -= chunk.length;
      if (left <= 0) return;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : brokenOff(error, client.address, false);
  } finally {
    response.destroy();
  }
  if (signal.aborted) throw signal.reason;
}

function queryOf(request: LogRequest, container: string, limit: number): URLSearchParams {
  const query = new URLSearchParams({ container });
  if (request.previous) query.set('previous', 'true');
  if (request.follow) query.set('follow', 'true');
  if (request.timestamps) query.set('timestamps', 'true');
  if (request.noTail) query.set('tailLines', '0');
  else if (request.tailLines > 0) query.set('tailLines', String(request.tailLines));
  if (request.sinceSeconds > 0) query.set('sinceSeconds', String(request.sinceSeconds));
  if (Number.isFinite(limit)) query.set('limitBytes', String(limit));
  return query;
}
