import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { type WebSocket, WebSocketServer } from 'ws';
import { Keyboard } from '../../../agent/drivers/terminals.js';
import { Screen } from '../../kit/screen.js';
import { atTerminal, endpoint, execOf, kubernetes, never } from './harness.js';

const pod = {
  metadata: { name: 'one' },
  spec: { containers: [{ name: 'main' }] },
  status: { containerStatuses: [{ name: 'main', state: { running: {} } }] },
};

/** A cluster of one pod. `run` has the socket of each command, and the words of the command. */
async function simulated(t: Test, run: (socket: WebSocket, command: readonly string[]) => void) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(pod));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => offered.values().next().value ?? false });
  sockets.on('connection', (socket, request) =>
    run(socket, new URL(request.url ?? '', 'http://test').searchParams.getAll('command')),
  );
  t.teardown(() => {
    sockets.close();
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { all: kubernetes(t), cluster: endpoint(url, {}, { insecureSkipTlsVerify: true }) };
}

const send = (socket: WebSocket, channel: number, data: Uint8Array | string) =>
  socket.send(Buffer.concat([Uint8Array.of(channel), Buffer.from(data)]));

function sendStatus(socket: WebSocket, exitCode: number): void {
  const details = { causes: [{ reason: 'ExitCode', message: `${exitCode}` }] };
  send(socket, 3, JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', details }));
}

/**
 * Runs a command as a node does in its unlucky order: frames of the agent reach a program that waits for input, and otherwise come after the
 * program's end. Then the node closes the connection with unread input, and the status is lost. Input is echoed, as a terminal does.
 */
function runUnlucky(frames: string[]) {
  return (socket: WebSocket, [program = '', ...words]: readonly string[]): void => {
    const child = spawn(program, words, { env: { PATH: '/usr/bin:/bin' } });
    for (const output of [child.stdout, child.stderr]) output.on('data', (chunk) => send(socket, 1, chunk));
    let isRead = false;
    let isOver = false;
    socket.on('message', (data: Buffer) => {
      const text = data.subarray(1).toString();
      frames.push(`${data[0]}:${text}`);
      if (isOver) socket.terminate();
      if (data[0] !== 0) return;
      isRead = true;
      // In two pieces: the border of a read may be anywhere.
      send(socket, 1, '\r');
      send(socket, 1, `\n${text.slice(1)}`);
      child.stdin.on('error', () => {}).write(text);
    });
    child.on('close', (code) => {
      isOver = true;
      if (isRead) sendStatus(socket, code ?? -1);
      else if (frames.length > 0) socket.terminate();
    });
  };
}

t.test('a program that ends at once at a terminal has its exit code and only its own output', async (t) => {
  const frames: string[] = [];
  const { all, cluster } = await simulated(t, runUnlucky(frames));
  const keyboard = new Keyboard({ columns: 80, rows: 24 });
  const screen = new Screen();
  const missing = atTerminal(cluster, 'one', ['/no/such/program']);
  t.match(await all.runAtTerminal(missing, keyboard, screen.sink, never), { exitCode: 127 });
  t.match(screen.text, /^sh: .*not found\n$/, 'no echo stands before it');
  t.strictSame(frames.splice(0), ['4:{"Width":80,"Height":24}', '0:\n'], 'the size comes first');
});

t.test('a command at a terminal that ends without reading its input has its exit code', async (t) => {
  const { all, cluster } = await simulated(t, runUnlucky([]));
  const command = execOf(cluster, 'one', ['sh', '-c', 'echo out; exit 4'], { tty: true, stdin: Buffer.from('in\n') });
  t.match(await all.exec(command, never), { exitCode: 4, stdout: 'in\n\u0004out\n' });
  const silent = execOf(cluster, 'one', ['sh', '-c', 'exit 5'], { tty: true, stdin: Buffer.alloc(0) });
  t.match(await all.exec(silent, never), { exitCode: 5, stdout: '' });
});

t.test('input for a program that has ended is no failure, and does not cost the exit code', async (t) => {
  let hearClosed = (): void => {};
  const closed = new Promise<void>((resolve) => {
    hearClosed = resolve;
  });
  let hearOutput = (): void => {};
  const output = new Promise<void>((resolve) => {
    hearOutput = resolve;
  });
  const { all, cluster } = await simulated(t, (socket, words) => {
    // The starter's arguments begin with the mark.
    send(socket, 1, `\u0001${words[4]}:7\r\n`);
    socket.on('message', (data: Buffer) => {
      if (data[0] !== 0) return;
      send(socket, 1, '\r\noutput');
      sendStatus(socket, 6);
      socket.close();
    });
    socket.on('close', hearClosed);
  });
  const keyboard = new Keyboard({ columns: 80, rows: 24 });
  let read = (): void => {};
  const sink = () =>
    new Promise<void>((resolve) => {
      read = resolve;
      hearOutput();
    });
  const running = all.runAtTerminal(atTerminal(cluster, 'one', ['true']), keyboard, sink, never);
  await Promise.all([closed, output]);
  await keyboard.write(Buffer.from('late'));
  await keyboard.resize({ columns: 81, rows: 24 });
  read();
  t.match(await running, { exitCode: 6 });
});
