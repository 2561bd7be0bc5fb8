import { type Context, RawReply, type SseReply } from '../../../http/endpoint.js';
import type { McpCall, Method } from '../call.js';
import type { RpcMessage } from '../json-rpc.js';
import { MessageStream } from '../message-stream.js';
import { PostReply } from '../post-reply.js';
import { perform, progressTeller, type Surroundings } from '../requests.js';

/** Answers requests that belong to no session. If the client hangs up, its request is cancelled. Servers cannot send requests to such a client. */
export async function answerAlone(
  methods: ReadonlyMap<string, Method>,
  messages: readonly RpcMessage[],
  form: { readonly isBatch: boolean; readonly accepts: { readonly events: boolean } },
  context: Context,
  around: Surroundings,
): Promise<RawReply | SseReply> {
  const { origin, view, onError } = around;
  const requests = messages.filter((message) => message.kind === 'request');
  if (requests.length === 0) return new RawReply(202, null);
  const postReply = new PostReply({
    requests: requests.length,
    isBatch: form.isBatch,
    caller: context.caller,
    stream: form.accepts.events ? () => new MessageStream(0, false) : undefined,
  });
  const { signal } = context;
  for (const request of requests) {
    const onProgress = progressTeller(request.params, postReply);
    const call: McpCall = {
      origin,
      view,
      client: undefined,
      signal,
      onProgress,
      onLog: undefined,
      reaches: () => {},
    };
    perform(methods, request, call, around)
      .then((outcome) => postReply.answer(request.id, outcome))
      .catch(onError);
  }
  return postReply.reply;
}
