import { status } from '@grpc/grpc-js';
import type { ConnectedAgent } from '../../domain/agents/fleet.js';
import { AgentCommands } from './commands.js';
import type { Session, SessionContext } from './session.js';

/** The agent's process, as the hello of a connection describes it. */
export interface Process {
  /** Empty if the agent cannot resume commands. */
  readonly bootId: string;
  /** When its certificate expires, milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * A present agent: from its first connection until it has been away for too long. If a new connection follows a lost one in time, the
 * domain and the callers of its commands do not notice the loss.
 */
export class Presence {
  readonly commands: AgentCommands;
  readonly #context: SessionContext;
  readonly #onGone: () => void;
  #session: Session;
  /** The process that has the commands: the hub asked it last about them. */
  #bootId: string | undefined;
  /** Whether the domain counts the agent as connected. */
  #told = false;
  #gone = false;
  #grace: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param onGone called when the agent is gone */
  constructor(
    idPrefix: string,
    session: (commands: AgentCommands) => Session,
    context: SessionContext,
    onGone: () => void,
  ) {
    this.#context = context;
    this.#onGone = onGone;
    this.commands = new AgentCommands(idPrefix, context);
    this.#session = session(this.commands);
  }

  get agent(): ConnectedAgent {
    return this.#session.agent;
  }

  get session(): Session {
    return this.#session;
  }

  get connected(): boolean {
    return this.#session.ready;
  }

  /**
   * Takes up a connection, in place of any connection before. `started` resolves when it has started or ended, `over` when it has ended.
   */
  enter(session: Session, process: Process): { started: Promise<void>; over: Promise<void> } {
    clearTimeout(this.#grace);
    const before = this.#session;
    this.#session = session;
    if (before !== session) {
      before.end('replaced by a newer connection', status.ABORTED, 'closed');
      this.commands.detach();
    }
    // The domain learns of the connections of one agent one after the other.
    const started = this.#turn.then(async () => {
      const resumes = process.bootId !== '';
      const sameProcess = resumes && this.#bootId === process.bootId;
      if (!sameProcess) this.#tellGone('the agent was restarted');
      if (!(await session.start({ resumes, sameProcess }, process.expiresAt))) return;
      this.#bootId = process.bootId;
      this.#told = true;
      const { id: agent, name, site } = this.agent;
      this.#context.log.info(
        { event: 'agent.connected', agent, name, site, ...(before === session ? {} : { again: true }) },
        'agent connected',
      );
    });
    this.#turn = started;
    const over = started
      .then(() => session.over)
      .then(() => {
        if (this.#session === session) this.#lost(session);
      });
    return { started, over };
  }

  /** Ends its connection, and does not wait for another. */
  dismiss(reason: string, code: status, returnAfterMs?: number): void {
    this.#session.end(reason, code, 'final', returnAfterMs);
    this.leave(reason);
  }

  /** Ends this presence: the agent is away for too long. */
  leave(reason: string): void {
    clearTimeout(this.#grace);
    if (this.#gone) return;
    this.#gone = true;
    this.#onGone();
    this.commands.detach();
    this.commands.close(reason);
    this.commands.lost(reason);
    this.#tellGone(reason);
    const { id: agent, name, site } = this.agent;
    this.#context.log.info({ event: 'agent.disconnected', agent, name, site, reason }, 'agent disconnected');
  }

  #lost(session: Session): void {
    this.commands.detach();
    const { closedGraceMs, silentGraceMs } = this.#context.settings;
    const resumes = this.#bootId !== undefined && this.#bootId !== '';
    const graceMs = { final: 0, closed: closedGraceMs, silent: silentGraceMs }[session.ending];
    if (graceMs === 0 || !resumes || !this.#told) {
      this.leave(session.endReason);
      return;
    }
    this.#context.log.debug(
      { event: 'agent.link_lost', agent: this.agent.id, reason: session.endReason, graceMs },
      'link lost; waiting for its return',
    );
    this.#grace = setTimeout(() => this.leave(session.endReason), graceMs);
  }

  #tellGone(reason: string): void {
    if (!this.#told) return;
    this.#told = false;
    try {
      this.#context.events.onDisconnect(this.agent, reason);
    } catch (error) {
      this.#context.log.error(
        { event: 'agent.disconnect_not_handled', err: error, agent: this.agent.id },
        'disconnect not handled',
      );
    }
  }
}
