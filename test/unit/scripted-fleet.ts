import type { CommandOptions, ConnectedAgent, Fleet, Operation, Reply } from '../../hub/domain/agents/fleet.js';
import { DomainError } from '../../hub/domain/errors.js';

export { json } from '../kit/scripted-site.js';

/** A fleet of one agent, which answers as a test scripts it and may be away. */
export abstract class ScriptedFleet implements Fleet {
  readonly asked: Operation[] = [];
  connected = true;
  /** Called before an operation is answered. If it throws, its error is the answer. */
  before: (operation: Operation, options: CommandOptions) => Promise<void> | void = () => {};

  constructor(private readonly one: ConnectedAgent) {}

  protected abstract answer(operation: Operation): Reply;

  agents(): readonly ConnectedAgent[] {
    return this.connected ? [this.one] : [];
  }

  agent(id: string): ConnectedAgent | undefined {
    return this.connected && id === this.one.id ? this.one : undefined;
  }

  async execute(_agentId: string, operation: Operation, options: CommandOptions): Promise<Reply> {
    this.asked.push(operation);
    if (!this.connected) throw new DomainError('agent_unreachable', 'the agent is away', { outcome: 'not_run' });
    await this.before(operation, options);
    return this.answer(operation);
  }

  open(..._asked: Parameters<Fleet['open']>): ReturnType<Fleet['open']> {
    throw new Error('nothing is streamed here');
  }

  disconnect(): void {}
}
