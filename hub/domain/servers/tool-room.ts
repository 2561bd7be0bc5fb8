const MiB = 1024 * 1024;

/** The most characters of tools that the hub keeps: of all servers of an agent, and of the servers of a payer (`payerOf`) without role admin. */
const MOST = { ofAgent: 256 * MiB, ofPayer: 64 * MiB };

/** The texts of a tool that take memory. */
interface ToolTexts {
  readonly definition: string;
  readonly inputSchema: string;
  readonly description: string;
}

/** What a tool takes for each server that has it, whatever its texts are: its places in the lists of the hub, characters. */
const PLACES = 128;

/** A list of tools: servers of one kind have the same list, which takes memory once. */
interface KeptList<T> {
  readonly tools: readonly T[];
  readonly characters: number;
  /** The accounts that pay for it, with the number of their servers that have it. */
  readonly accounts: Map<string, number>;
}

/** Keeps the tools of servers within bounds, so that neither an agent nor the caller that registers servers can fill the hub's memory with definitions. */
export class ToolRoom<T extends ToolTexts> {
  readonly #payerOf: (serverId: string) => string | undefined;
  readonly #most: typeof MOST;
  /** By the first tool of the lists. */
  readonly #lists = new Map<T, Set<KeptList<T>>>();
  readonly #ofServer = new Map<string, { readonly list: KeptList<T>; readonly accounts: readonly string[] }>();
  /** Characters by account. */
  readonly #sums = new Map<string, number>();

  /** @param payerOf the payer of a server; `undefined` if only the bound of its agent counts */
  constructor(payerOf: (serverId: string) => string | undefined = () => undefined, most = MOST) {
    this.#payerOf = payerOf;
    this.#most = most;
  }

  /** Keeps the tools of a server in place of those that it had. @returns the first of them, as many as there is room for */
  keep(agentId: string, serverId: string, tools: readonly T[]): readonly T[] {
    this.forget(serverId);
    const payer = this.#payerOf(serverId);
    const accounts = [`agent ${agentId}`, ...(payer === undefined ? [] : [`payer ${payer}`])];
    const same = this.#find(tools);
    const fitting = accounts.reduce(
      (fit, account) => fittingIn(this.#left(account), fit, same?.accounts.has(account) === true),
      tools,
    );
    const [first] = fitting;
    if (!first) return fitting;
    const list = this.#find(fitting) ?? this.#add(first, fitting);
    for (const account of accounts) this.#charge(account, list);
    this.#ofServer.set(serverId, { list, accounts });
    return list.tools;
  }

  /** A server is deleted. */
  forget(serverId: string): void {
    const kept = this.#ofServer.get(serverId);
    if (!kept) return;
    this.#ofServer.delete(serverId);
    for (const account of kept.accounts) this.#release(account, kept.list);
  }

  /** What the bounds are, for people. */
  get bounds(): string {
    const { ofAgent, ofPayer } = this.#most;
    return `the hub keeps ${ofAgent / MiB} MiB of tools of one agent, and ${ofPayer / MiB} MiB for one caller that is no admin`;
  }

  #left(account: string): number {
    const most = account.startsWith('agent ') ? this.#most.ofAgent : this.#most.ofPayer;
    return most - (this.#sums.get(account) ?? 0);
  }

  #find(tools: readonly T[]): KeptList<T> | undefined {
    const [first] = tools;
    for (const list of (first && this.#lists.get(first)) ?? [])
      if (list.tools.length === tools.length && list.tools.every((tool, i) => tool === tools[i])) return list;
    return undefined;
  }

  #add(first: T, tools: readonly T[]): KeptList<T> {
    const list = { tools, characters: charactersOf(tools), accounts: new Map<string, number>() };
    const others = this.#lists.get(first);
    if (others) others.add(list);
    else this.#lists.set(first, new Set([list]));
    return list;
  }

  #charge(account: string, { tools, accounts, characters }: KeptList<T>): void {
    const servers = accounts.get(account) ?? 0;
    accounts.set(account, servers + 1);
    this.#addTo(account, PLACES * tools.length + (servers === 0 ? characters : 0));
  }

  #addTo(account: string, characters: number): void {
    const sum = (this.#sums.get(account) ?? 0) + characters;
    if (sum > 0) this.#sums.set(account, sum);
    else this.#sums.delete(account);
  }

  #release(account: string, list: KeptList<T>): void {
    const servers = (list.accounts.get(account) ?? 1) - 1;
    this.#addTo(account, -PLACES * list.tools.length - (servers === 0 ? list.characters : 0));
    if (servers > 0) {
      list.accounts.set(account, servers);
      return;
    }
    list.accounts.delete(account);
    const [first] = list.tools;
    if (list.accounts.size > 0 || !first) return;
    const others = this.#lists.get(first);
    others?.delete(list);
    if (others?.size === 0) this.#lists.delete(first);
  }
}

function charactersOf(tools: readonly ToolTexts[]): number {
  let characters = 0;
  for (const tool of tools) characters += sizeOf(tool);
  return characters;
}

function sizeOf({ definition, inputSchema, description }: ToolTexts): number {
  return definition.length + inputSchema.length + description.length;
}

/** @param isKept whether only the places of the tools count */
function fittingIn<T extends ToolTexts>(room: number, tools: readonly T[], isKept: boolean): readonly T[] {
  let left = room;
  const end = tools.findIndex((tool) => {
    left -= PLACES + (isKept ? 0 : sizeOf(tool));
    return left < 0;
  });
  return end === -1 ? tools : tools.slice(0, end);
}
