import { once } from 'node:events';
import ssh2, { type ClientChannel, type ConnectConfig } from 'ssh2';
import type { Test } from 'tap';
import type { Device } from '../../fixtures/devices/device.js';

/** Logs in with plain ssh2; ends with the test. */
export async function login(
  t: Test,
  device: Pick<Device, 'host' | 'port' | 'username' | 'password'>,
  more: ConnectConfig = {},
  answers?: readonly string[],
) {
  const client = new ssh2.Client();
  const { host, port, username, password } = device;
  client.on('error', () => {});
  if (answers)
    client.on('keyboard-interactive', (_name, _instructions, _language, _prompts, finish) => finish([...answers]));
  t.teardown(() => client.destroy());
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed')));
  });
  client.connect({ host, port, username, password, ...more });
  await ready;
  return client;
}

/** A shell as a person would have it. */
export class Terminal {
  /** Everything since the last `until`. */
  text = '';
  closed = false;
  #changed = () => {};

  constructor(readonly channel: ClientChannel) {
    channel.on('data', (bytes: Buffer) => {
      this.text += bytes.toString();
      this.#changed();
    });
    channel.once('close', () => {
      this.closed = true;
      this.#changed();
    });
  }

  send(text: string): void {
    this.channel.write(text);
  }

  /** The output up to where the pattern matches; all of it, once the channel is closed. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.text);
      const end = match ? match.index + match[0].length : this.closed ? this.text.length : undefined;
      if (end !== undefined) {
        const text = this.text.slice(0, end);
        this.text = this.text.slice(end);
        return text;
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Sends a line, and returns the output up to the next prompt. */
  async run(line: string, prompt = /[\w-]+(?:@[\w-]+)?(?:\([\w-]+\))?[>#] ?$/): Promise<string> {
    this.send(`${line}\r`);
    await this.until(/\r\n/);
    return await this.until(prompt);
  }
}

/** Opens a shell; the first prompt is read. */
export async function shell(t: Test, device: Device, more: ConnectConfig = {}): Promise<Terminal> {
  const client = await login(t, device, more);
  return await shellOn(client);
}

export async function shellOn(client: ssh2.Client): Promise<Terminal> {
  const terminal = new Terminal(
    await new Promise<ClientChannel>((resolve, reject) =>
      client.shell({ cols: 200, rows: 0, term: 'vt100' }, (error, channel) =>
        error ? reject(error) : resolve(channel),
      ),
    ),
  );
  await terminal.until(/[>#] ?$/);
  return terminal;
}

/** Brings a file by SFTP. */
export async function put(client: ssh2.Client, path: string, text: string): Promise<void> {
  const sftp = await new Promise<ssh2.SFTPWrapper>((resolve, reject) =>
    client.sftp((error, opened) => (error ? reject(error) : resolve(opened))),
  );
  await new Promise<void>((resolve, reject) =>
    sftp.writeFile(path, text, (error) => (error ? reject(error) : resolve())),
  );
  sftp.end();
}

/** A zero byte, or a line after another one. */
const answered = new RegExp(`\0|${String.fromCharCode(1)}.*\n`);

/** Brings a file by `scp -t`; @returns the bytes that came back */
export async function scp(client: ssh2.Client, path: string, text: string): Promise<string> {
  const channel = await new Promise<ClientChannel>((resolve, reject) =>
    client.exec(`scp -v -t ${path}`, (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  const remote = new Terminal(channel);
  await remote.until(answered);
  channel.write(`C0644 ${Buffer.byteLength(text)} x\n`);
  await remote.until(answered);
  channel.write(`${text}\0`);
  const answer = await remote.until(answered);
  channel.end();
  await once(channel, 'close');
  return answer;
}
