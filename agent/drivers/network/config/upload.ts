import type { Client, ClientChannel } from 'ssh2';

/** How long a file may take, milliseconds. */
const uploadMs = 60_000;

/**
 * Uploads a file to a device, by SFTP or else by SCP. Returns false if the device takes neither.
 * @param path the path at the device, such as `flash:name`.
 */
export async function upload(client: Client, path: string, text: string): Promise<boolean> {
  const content = Buffer.from(text);
  for (const way of [bySftp, byScp]) {
    try {
      await limited(way(client, path, content));
      return true;
    } catch {
      // Tries the next protocol. The caller has other procedures, too.
    }
  }
  return false;
}

async function limited(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), uploadMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function bySftp(client: Client, path: string, content: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('close', () => reject(new Error('closed')));
    client.sftp((error, sftp) => {
      if (error) return reject(error);
      sftp.on('error', reject);
      sftp.writeFile(path, content, (failure) => {
        sftp.end();
        if (failure) reject(failure);
        else resolve();
      });
    });
  });
}

/** The sending side of `scp -t`. */
function byScp(client: Client, path: string, content: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.exec(`scp -t ${path}`, (error, channel) => {
      if (error) return reject(error);
      const steps = [`C0644 ${content.length} ${path.replace(/^.*[:/]/, '')}\n`, content, undefined];
      const done = (failure?: Error): void => {
        channel.end();
        if (failure) reject(failure);
        else resolve();
      };
      channel.on('error', done);
      channel.on('close', () => reject(new Error('the device ended the transfer')));
      channel.on('data', (answer: Buffer) => {
        if (answer[0] !== 0) {
          done(new Error('refused'));
          return;
        }
        const step = steps.shift();
        if (step === undefined) done();
        else send(channel, step);
      });
    });
  });
}

function send(channel: ClientChannel, step: string | Buffer): void {
  channel.write(step);
  if (typeof step !== 'string') channel.write(Buffer.from([0]));
}
