// Opens many event streams and leaves them idle: `idle-clients.mjs HOST PORT KEY COUNT`. Told over IPC how many are open, how many events came.
import { connect } from 'node:net';

const [host = '', port = '', key = '', wanted = ''] = process.argv.slice(2);
const count = Number(wanted);
const request = `GET /api/sse/events HTTP/1.1\r\nHost: ${host}:${port}\r\nAuthorization: Bearer ${key}\r\nAccept: text/event-stream\r\n\r\n`;
/** How many connect at once: a listener's backlog is finite. */
const AT_ONCE = 100;

let started = 0;
let open = 0;
let events = 0;
let closed = 0;
let comments = 0;

/** @param {object} state */
const tell = (state) => process.send?.(state);

function start() {
  started += 1;
  const socket = connect(Number(port), host);
  socket.setEncoding('latin1');
  let isOpen = false;
  socket.on('connect', () => socket.write(request));
  socket.on('data', (/** @type {string} */ text) => {
    if (!isOpen) {
      if (!text.startsWith('HTTP/1.1 200 ')) {
        tell({ refused: text.slice(0, 200) });
        return;
      }
      isOpen = true;
      open += 1;
      if (started < count) start();
      if (open === count) tell({ open });
    }
    if (text.includes('\n:\n') || text.startsWith(':\n')) comments += 1;
    if (text.includes('event: group.created')) {
      events += 1;
      if (events === count) tell({ events });
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed += 1;
  });
}

for (let i = 0; i < Math.min(AT_ONCE, count); i += 1) start();
process.on('message', () => tell({ open, events, closed, comments }));
process.on('disconnect', () => process.exit());
