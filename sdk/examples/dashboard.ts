// biome-ignore-all lint/suspicious/noConsole: a program for a terminal
// A dashboard in a terminal: the servers of a hub and how they are, a call that tells its progress, then the events, until it is interrupted.
//
//   HUB=http://localhost:8080 KEY=… npx tsx dashboard.ts
import { Roundhouse, RoundhouseError } from '@roundhouse/sdk';

const hub = new Roundhouse({
  baseUrl: process.env.HUB ?? 'http://localhost:8080',
  apiKey: process.env.KEY,
  onRetry: ({ operation, waitMs }) => console.error(`${operation} is sent again in ${waitMs} ms`),
});

try {
  for (const server of await hub.connect.servers.list())
    console.log(`${server.name}  ${server.status}  ${server.toolCount} tools`);

  // The stream is opened before the call, so that it tells of the call.
  const events = hub.connect.sse.streamEvents({ types: ['tool.invoked', 'server.connected', 'server.disconnected'] });
  await events.open();

  const call = { arguments: { duration: 1, steps: 2 } };
  for await (const told of hub.connect.tools.invokeStream('trigger-long-running-operation', call)) {
    if (told.type === 'progress') console.log(`step ${told.data.progress} of ${told.data.total}`);
    if (told.type !== 'result') continue;
    for (const block of told.data.content) if (block.type === 'text') console.log(block.text);
  }

  for await (const event of events) {
    if (event.type === 'tool.invoked') console.log(`${event.data.toolName} was called`);
    if (event.type === 'server.connected') console.log(`${event.data.serverName} has ${event.data.toolCount} tools`);
    if (event.type === 'server.disconnected') console.log(`${event.data.serverName} is away`);
  }
} catch (error) {
  if (!(error instanceof RoundhouseError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
