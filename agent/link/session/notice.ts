/** Something for the hub's log and journal that belongs to no command. */
export interface Notice {
  readonly level: 'info' | 'warn' | 'error';
  readonly serverId?: string;
  readonly message: string;
  /** The topic that the hub acts on: `policy.refused`. */
  readonly topic?: string;
}
