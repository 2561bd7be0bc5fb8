import type { Exchange } from './exchange.js';
import type { Flow, FlowWatch } from './flow.js';

/** Sends a large body without a second copy of it: the socket takes what it can, and asks for the rest when there is room. */
export function sendLarge(x: Exchange, head: string, body: Uint8Array, flows: FlowWatch): void {
  x.detach();
  const { res } = x;
  const flow: Flow = { x, blockedSince: 0 };
  const push = (offset: number): boolean => {
    const [taken, done] = res.tryEnd(body.subarray(offset), body.length);
    if (done) {
      flows.delete(flow);
      x.end(x.status);
    } else flow.blockedSince = performance.now();
    return taken;
  };
  res.cork(() => {
    res.writeStatus(head);
    push(0);
  });
  if (x.ended) return;
  flows.add(flow);
  res.onWritable((offset) => {
    let taken = true;
    if (!x.ended) res.cork(() => (taken = push(offset)));
    return taken;
  });
}
