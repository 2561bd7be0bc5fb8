import type { Caller, RequestOrigin } from '../access/caller.js';
import { allows } from '../access/permissions.js';
import { notesOf, onceCommand } from '../agents/answer.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import { oneOf, optional, type Shape } from '../agents/shape.js';
import { auditWrite, durationOf } from '../audit/audit.js';
import { REDACTED, type Redactor } from '../audit/redactor.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError, invalid } from '../errors.js';
import type { RightsNow } from '../people/creators.js';
import type { Store } from '../store.js';
import type { Devices } from './devices.js';
import { maskedBeginning } from './outcome.js';
import type { DevicePort, DeviceTally } from './port.js';
import type { DeviceRecord } from './record.js';

/** Commands as a client gives them. */
export interface CommandsInput {
  readonly commands: readonly string[];
  /** The limit of each command, milliseconds; 0 or absent for the default. */
  readonly timeoutMs?: number;
  readonly structured?: boolean;
  /** Answers to a command's questions, in order; the same for each. Commands with answers are changes. */
  readonly answers?: readonly string[];
  readonly stopOnError?: boolean;
  /** Refuse commands that may change the device, even if the caller may run them. */
  readonly readOnly?: boolean;
}

/** Callbacks while a caller waits. */
export interface Waiting {
  readonly signal?: Cancellation | undefined;
  /** Called with the number of finished commands; not for each command if several finish together. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** The result of one command. */
export interface CommandResult {
  readonly command: string;
  readonly output: string;
  readonly success: boolean;
  /** The device's message; absent if the command succeeded. */
  readonly error?: string;
  readonly class: 'read' | 'change';
  /** The device's answer as JSON, if the client asked for that and the device can. */
  readonly structured?: unknown;
  readonly startedAt: number;
  readonly durationMs: number;
}

interface CommandResults {
  readonly results: CommandResult[];
}

/** How the hub reads an agent's answer. */
const commandResults: Shape<CommandResults> = {
  results: [
    {
      command: 'document',
      output: 'document',
      success: 'flag',
      error: optional('document'),
      class: oneOf('change', 'read'),
      structured: optional('any'),
      startedAt: 'time',
      durationMs: 'number',
    },
  ],
};

const MAX_COMMANDS = 100;
const MAX_BYTES = 4096;
/** The most bytes of all commands of a request together, with the answers of each command: the agent gets the answers with each one. */
export const MAX_TOTAL_BYTES = 65_536;
/** The default limit of a command, and the extra time for dialling and other work on the device; milliseconds. */
const COMMAND_MS = 60_000;
const SLACK_MS = 60_000;
/** How much of commands an audit entry keeps: characters of each, and how many. */
const AUDITED_LENGTH = 512;
const AUDITED_COMMANDS = 20;

export interface CommandParts {
  readonly store: Store;
  readonly devices: Devices;
  readonly port: DevicePort;
  readonly rightsNow: RightsNow;
  readonly streams: GuardedStreams;
  readonly redactor: Pick<Redactor, 'beginning'>;
  readonly tally: DeviceTally;
}

/** Commands on devices. A command that changes a device never runs twice, and only for a caller who may change it. */
export class DeviceCommands {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  /**
   * Runs commands one after the other. A command that the device refuses is a result, not an error.
   * @param field the name of the commands' field, for errors
   * @throws DomainError `not_found`, `invalid_input`, `forbidden` (they change the device), `refused` (site policy), `device_unreachable`,
   * `device_command_failed`; with `details.outcome` if a lost link leaves the outcome of a change open.
   */
  async run(
    origin: RequestOrigin,
    idOrName: string,
    input: CommandsInput,
    field: string,
    waiting: Waiting = {},
  ): Promise<CommandResult[]> {
    const { devices, streams } = this.#parts;
    const { record } = devices.get(origin, idOrName, 'device.command');
    checkCommands(input, field);
    const check = (caller: Caller) => void devices.get({ ...origin, caller }, record.id, 'device.command');
    return streams.run(origin.caller, waiting.signal, check, (signal) =>
      this.#counted(origin, record, input, field, { ...waiting, signal }),
    );
  }

  /** Runs the commands, counts them, and writes their audit entry. */
  async #counted(origin: RequestOrigin, record: DeviceRecord, input: CommandsInput, field: string, waiting: Waiting) {
    try {
      const results = await this.#run(origin, record, input, field, waiting);
      for (const result of results) this.#parts.tally.command(result.class, result.success ? 'success' : 'error');
      await this.#note(origin, record, results, input.answers);
      return results;
    } catch (error) {
      this.#parts.tally.command('unknown', 'error');
      throw error;
    }
  }

  /** The commands and answers as an audit entry shows them: without their secrets. An answer of one word may be a password. */
  audited({ commands, answers = [] }: Pick<CommandsInput, 'commands' | 'answers'>): Readonly<Record<string, unknown>> {
    const shown = (texts: readonly string[]) =>
      texts.slice(0, AUDITED_COMMANDS).map((text) => {
        // The hub refuses a longer command. A shorter beginning may end in a word, which then does not look like a secret any more.
        const clean = this.#parts.redactor.beginning(text, MAX_BYTES);
        return maskedBeginning(clean, AUDITED_LENGTH);
      });
    const named = answers.map((answer) => (harmlessAnswer.test(answer) ? answer : REDACTED));
    return { commands: shown(commands), count: commands.length, ...(answers.length > 0 && { answers: shown(named) }) };
  }

  /** Sends the commands as reads first: the agent knows the platform, and decides whether they are reads. */
  async #run(origin: RequestOrigin, record: DeviceRecord, input: CommandsInput, field: string, waiting: Waiting) {
    const { caller } = origin;
    const tried = await this.#asReads(origin, record, input, waiting);
    if (!(tried instanceof DomainError)) return tried;
    if (input.readOnly) throw changing(field, tried);
    // The agent has taken its time.
    const now = caller && this.#parts.rightsNow(caller);
    if (now && !allows(now.role, 'device.change')) {
      const { changes } = tried.details;
      const details = { permission: 'device.change', reason: 'change_not_allowed', changes };
      throw new DomainError('forbidden', `${tried.message}, and role ${now.role} may not`, details);
    }
    this.#parts.devices.get({ ...origin, caller: now }, record.id, 'device.change');
    return this.#ask(origin, record, input, { onProgress: waiting.onProgress, allowChanges: true });
  }

  /** The results of commands that only read; the agent's refusal, with `change_not_allowed`, of others. */
  async #asReads(origin: RequestOrigin, record: DeviceRecord, input: CommandsInput, waiting: Waiting) {
    // A device that asks nothing takes an answer for a command. No read has answers, also where an agent of an earlier version would run it.
    if (input.answers?.length) return answered(input.commands);
    try {
      return await this.#ask(origin, record, input, { ...waiting, allowChanges: false });
    } catch (error) {
      if (error instanceof DomainError && error.details.reason === 'change_not_allowed') return error;
      throw error;
    }
  }

  /** A change goes on when its client hangs up: otherwise its outcome would be unknown. */
  async #ask(
    origin: RequestOrigin,
    record: DeviceRecord,
    { commands, timeoutMs = 0, structured = false, answers = [], stopOnError = false }: CommandsInput,
    { allowChanges, signal, onProgress }: Waiting & { readonly allowChanges: boolean },
  ): Promise<CommandResult[]> {
    const value = {
      deviceId: record.id,
      commands: commands.map((text) => ({ text, timeoutMs: Math.ceil(timeoutMs), structured, answers })),
      allowChanges,
      stopOnError,
    };
    const limit = commands.length * (timeoutMs || COMMAND_MS) + record.options.timeoutMs + SLACK_MS;
    const kind = allowChanges
      ? await onceCommand(origin, record.agentId, 'device-commands')
      : ({ kind: 'read' } as const);
    const notes = onProgress && doneNotes(onProgress);
    const options = { ...kind, timeoutMs: limit, signal, onProgress: notes };
    const operation = { case: 'runCommands', value } as const;
    const { results } = await this.#parts.port.json<CommandResults>(
      record,
      'command',
      operation,
      commandResults,
      options,
    );
    return results;
  }

  /** The audit entry of a change is on disk before the answer. */
  async #note(
    origin: RequestOrigin,
    { id, name }: DeviceRecord,
    results: readonly CommandResult[],
    answers: readonly string[] = [],
  ): Promise<void> {
    const commands = results.map(({ command }) => command);
    const changes = answers.length > 0 || results.some((result) => result.class === 'change');
    const failed = results.filter(({ success }) => !success).length;
    const details = { name, ...this.audited({ commands, answers }), class: changes ? 'change' : 'read', failed };
    const resource = { type: 'device', id };
    const durationMs = durationOf(origin);
    const entry = auditWrite(origin, {
      action: 'device.command',
      resource,
      details,
      success: failed === 0,
      durationMs,
    });
    if (changes) await this.#parts.store.apply({ by: null, writes: [entry] });
    else this.#parts.store.record({ writes: [entry] });
  }
}

/** An answer of several words, the Enter key, yes and no. */
const harmlessAnswer = /^(?:y|n|yes|no|\S+\s.*)?$/i;

/** The refusal of commands with answers as reads, in the form of an agent's. */
function answered(commands: readonly string[]): DomainError {
  const message = 'a command with answers may change something';
  return new DomainError('refused', message, { reason: 'change_not_allowed', changes: commands.map((_, at) => at) });
}

/** The error for a request for reads only that holds a command which changes the device. */
function changing(field: string, { message, details }: DomainError): DomainError {
  const first = Array.isArray(details.changes) ? Number(details.changes[0]) : 0;
  const refused = invalid(
    field === 'command' ? field : `${field}.${first}`,
    `only commands that read are run here: ${message}`,
  );
  return new DomainError(refused.code, refused.message, { ...refused.details, changes: details.changes });
}

/** Reads an agent's notes: `{"done":number}`. */
function doneNotes(tell: (done: number) => void): (json: Uint8Array) => void {
  return notesOf<{ readonly done?: number }>({ done: optional('number') }, ({ done }) => {
    if (done !== undefined) tell(done);
  });
}

function checkCommands({ commands, answers = [] }: CommandsInput, field: string): void {
  if (commands.length === 0) throw invalid(field, 'must hold at least one command');
  if (commands.length > MAX_COMMANDS) throw invalid(field, `must hold at most ${MAX_COMMANDS} commands`);
  const bytesOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytesOf(commands) + commands.length * bytesOf(answers) > MAX_TOTAL_BYTES)
    throw invalid(
      field,
      `must have at most ${MAX_TOTAL_BYTES} bytes altogether, the answers included once for each command`,
    );
  for (const [at, command] of commands.entries()) {
    const name = field === 'command' ? field : `${field}.${at}`;
    if (command.trim() === '') throw invalid(name, 'is empty');
    if (Buffer.byteLength(command) > MAX_BYTES) throw invalid(name, `must have at most ${MAX_BYTES} bytes`);
    if (/\p{Cc}/u.test(command)) throw invalid(name, 'must be one line without control characters');
    if (command.includes('?'))
      throw invalid(name, "must hold no '?', which asks devices for help while a line is typed");
  }
  for (const [at, answer] of answers.entries())
    if (/\p{Cc}/u.test(answer)) throw invalid(`answers.${at}`, 'must be one line without control characters');
}
