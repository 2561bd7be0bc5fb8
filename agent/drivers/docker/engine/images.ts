import type { Readable } from 'node:stream';
import { AgentFailure } from '../../../failure.js';
import { allowedAddresses, FORBIDDEN_ADDRESS } from '../../net/site-lookup.js';
import { engineName, familiarName, type ImageReference } from '../reference.js';
import { credentialsFor, hubKey } from '../registry/credentials.js';
import { type Engine, isMissing } from './engine.js';

/** An image that the engine has. */
export interface LocalImage {
  readonly id: string;
  /** The digest by which its registry knows it; empty for an image that was built or loaded here. */
  readonly digest: string;
  readonly bytes: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** One line of a pull's answer. */
interface PullMessage {
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** A pull fails if no progress comes for this time, milliseconds. */
const silenceMs = 120_000;

/** The engine's images. */
export class Images {
  constructor(private readonly engine: Engine) {}

  /** @throws AgentFailure */
  async find(reference: ImageReference, signal?: AbortSignal): Promise<LocalImage | undefined> {
    const image = (await this.engine.client()).getImage(engineName(reference));
    try {
      const info = await this.engine.ask(
        'look at the image',
        (abortSignal) => image.inspect({ abortSignal } as object),
        signal,
      );
      const prefix = `${familiarName(reference)}@`;
      const digest = (info.RepoDigests ?? []).find((one) => one.startsWith(prefix))?.slice(prefix.length) ?? '';
      return { id: info.Id, digest, bytes: info.Size, labels: info.Config?.Labels ?? {} };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /**
   * Pulls an image as the agent's user would.
   * @throws AgentFailure `upstream` for a registry at an address that is never dialled (`details.missing`: the registry does not have the image)
   */
  async pull(
    reference: ImageReference,
    options: {
      readonly platform: string | undefined;
      readonly note: (line: string) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { platform, note, signal } = options;
    const what = `pull ${engineName(reference)}`;
    await checkRegistry(reference);
    const known = await credentialsFor(reference.registry);
    const authconfig = known && {
      username: known.username,
      password: known.password,
      identitytoken: known.identityToken,
      serveraddress: reference.registry === 'docker.io' ? hubKey : reference.registry,
    };
    signal.throwIfAborted();
    note(`pulling ${engineName(reference)}`);
    const quiet = new AbortController();
    const ask = {
      fromImage: familiarName(reference),
      tag: reference.digest || reference.tag,
      ...(platform && { platform }),
    };
    const both = AbortSignal.any([signal, quiet.signal]);
    let timer = setTimeout(() => quiet.abort(), silenceMs);
    try {
      const answer = (await (
        await this.engine.client()
      ).createImage(authconfig ?? {}, {
        _query: ask,
        _body: {},
        abortSignal: both,
      })) as Readable;
      const stop = () => void answer.destroy(new Error('stopped'));
      both.addEventListener('abort', stop);
      if (both.aborted) stop();
      try {
        await read(answer, new PullProgress(note), () => {
          clearTimeout(timer);
          timer = setTimeout(() => quiet.abort(), silenceMs);
        });
      } finally {
        both.removeEventListener('abort', stop);
        answer.destroy();
      }
    } catch (error) {
      signal.throwIfAborted();
      if (quiet.signal.aborted) {
        throw new AgentFailure('timeout', `cannot ${what}: nothing came for ${silenceMs / 1000} s`);
      }
      const failure = this.engine.failure(what, error);
      // The engine answers 404 also where the registry asks for credentials.
      if (!isMissing(error) || /denied/.test(failure.message)) throw failure;
      throw new AgentFailure(failure.kind, failure.message, { ...failure.details, missing: true }, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Removes one name of an image, and the image with its last name; `false` if the image is missing. @throws AgentFailure while a container uses it. */
  async remove(reference: ImageReference): Promise<boolean> {
    const image = (await this.engine.client()).getImage(engineName(reference));
    try {
      await this.engine.ask('remove the image', (abortSignal) => image.remove({ abortSignal }));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }
}

/**
 * The engine looks the name up again by itself. So this finds an address, or a name that means one, and not an engine that is led astray.
 * A name that only the engine knows is left to the engine.
 * @throws AgentFailure `upstream` for a registry at a link-local or metadata address
 */
async function checkRegistry({ registry, repository }: ImageReference): Promise<void> {
  if (registry === 'docker.io') return;
  const address = `https://${registry}`;
  try {
    await allowedAddresses(new URL(address), undefined);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== FORBIDDEN_ADDRESS && URL.canParse(address)) return;
    const reason = `the image registry ${registry}, asked about ${repository}: ${message}`;
    throw new AgentFailure('upstream', reason, { reason }, { cause: error });
  }
}

async function read(answer: Readable, progress: PullProgress, heard: () => void): Promise<void> {
  let rest = '';
  answer.setEncoding('utf8');
  for await (const text of answer as AsyncIterable<string>) {
    heard();
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line, progress);
  }
  take(rest, progress);
}

function take(line: string, progress: PullProgress): void {
  if (line.trim() === '') return;
  const message = JSON.parse(line) as PullMessage;
  const error = message.errorDetail?.message ?? message.error;
  if (error !== undefined)
    throw new AgentFailure('upstream', `the image cannot be pulled: ${error}`, { reason: error });
  progress.tell(message);
}

/** The time between two notes about a pull, milliseconds: layers come in many small steps. */
const tellMs = 5000;
const mebibyte = 1024 ** 2;

/** Notes the progress of a pull from time to time. */
class PullProgress {
  readonly #layers = new Map<string, { readonly current: number; readonly total: number }>();
  #told = performance.now();

  constructor(private readonly note: (line: string) => void) {}

  tell(message: {
    readonly id?: string;
    readonly status?: string;
    readonly progressDetail?: { readonly current?: number; readonly total?: number };
  }): void {
    const { id, status = '', progressDetail: { current, total } = {} } = message;
    if (/^(Digest|Status): /.test(status)) this.note(status);
    if (id === undefined || status !== 'Downloading' || current === undefined) return;
    this.#layers.set(id, { current, total: total ?? current });
    if (performance.now() - this.#told < tellMs) return;
    this.#told = performance.now();
    let [fetched, all] = [0, 0];
    for (const layer of this.#layers.values()) {
      fetched += layer.current;
      all += layer.total;
    }
    this.note(`pulled ${Math.round(fetched / mebibyte)} of ${Math.round(all / mebibyte)} MiB`);
  }
}
