import type { Turns } from '../../event-loop.js';
import { isListed, type OfferedTool } from '../lists/parts.js';
import type { ToolOffer } from '../lists/tool-offers.js';
import { type Fit, hasTerm, union } from './fit.js';
import type { Question } from './question.js';
import type { Fits, IndexedServer, IndexedTool, Kind, ToolIndex } from './tool-index.js';

/** The part of the score that a changing tool keeps if the question asks for information. */
const UNASKED_CHANGE = 0.5;

/** The fit of a tool of a server whose name or description fits. */
const NO_FIT: Fit = { score: 0, terms: 0 };

/** The servers of a kind, of which the offer has some. */
class OfferedKind {
  readonly servers: Iterable<IndexedServer>;
  /** The servers that fit the question, by how well they fit. */
  readonly fitting = new Map<Fit, IndexedServer[]>();
  /** The terms that these have. */
  terms = 0;
  readonly #names: ReadonlySet<string> | undefined;

  /** @param names the tools that the caller may use, by name; default: all */
  constructor({ servers }: Kind, names?: ReadonlySet<string>) {
    this.servers = servers;
    this.#names = names;
  }

  has({ name }: IndexedTool): boolean {
    return this.#names?.has(name) ?? true;
  }

  add(server: IndexedServer, fit: Fit): void {
    const servers = this.fitting.get(fit);
    if (servers) servers.push(server);
    else this.fitting.set(fit, [server]);
    this.terms = union(this.terms, fit.terms);
  }
}

/** A tool that fits a question, by itself or by one of its servers. */
interface Candidate {
  readonly tool: IndexedTool;
  readonly fit: Fit;
  readonly kinds: readonly OfferedKind[];
}

/** Servers with a tool that fit a question equally well together with it. */
interface Level {
  readonly tool: IndexedTool;
  readonly score: number;
  readonly servers: Iterable<IndexedServer>;
}

/** A tool of an answer. */
export interface Ranked {
  readonly tool: IndexedTool;
  readonly score: number;
  /** The tool at the servers that fit best, the best first; none for a tool of the hub. */
  readonly offered: readonly OfferedTool[];
}

export interface RankingOptions {
  readonly index: ToolIndex;
  /** The tools and the servers that the index found. */
  readonly fits: Fits;
  readonly offer: ToolOffer;
  /** The tools of the hub that are offered. */
  readonly ofHub: { readonly size: number; has(tool: IndexedTool): boolean };
  readonly turns: Turns;
}

/** The order of the tools that fit a question. It asks the offer for the copies of the tools of the answer only. */
export class Ranking {
  readonly #question: Question;
  readonly #index: ToolIndex;
  readonly #fits: Fits;
  readonly #offer: ToolOffer;
  readonly #ofHub: RankingOptions['ofHub'];
  readonly #turns: Turns;
  /** `null`: the offer has no server of the kind. */
  readonly #kinds = new Map<Kind, OfferedKind | null>();
  readonly #candidates = new Map<IndexedTool, Candidate>();
  #covered: (terms: number) => number = () => 0;

  constructor(question: Question, { index, fits, offer, ofHub, turns }: RankingOptions) {
    this.#question = question;
    this.#index = index;
    this.#fits = fits;
    this.#offer = offer;
    this.#ofHub = ofHub;
    this.#turns = turns;
  }

  /**
   * The best tools, best first. Equal tools take one place.
   * @param copies how many servers are looked for that have a tool
   */
  async best(limit: number, copies: number): Promise<Ranked[]> {
    await this.#takeServers();
    await this.#takeTools();
    const best = new Best(limit);
    for (const candidate of this.#candidates.values()) {
      if (this.#turns.dueAtStep) await this.#turns.next();
      const { tool } = candidate;
      if (this.#ofHub.has(tool)) {
        best.put({ tool, score: this.#score(candidate, NO_FIT), offered: [] });
        continue;
      }
      // The offer is asked for copies only where the tool may get a place.
      if (this.#highest(candidate) <= best.least) continue;
      const [first] = await this.#offered(this.#levels(candidate), 1);
      if (first) best.put({ tool, score: first.score, offered: [first.tool] });
    }
    const ranked: Ranked[] = [];
    for (const one of best.all()) ranked.push(one.offered.length > 0 ? await this.#withCopies(one, copies) : one);
    return ranked;
  }

  /** Notes the servers that fit and are offered, by their kinds. */
  async #takeServers(): Promise<void> {
    /** Names such as `server-1` and `server-2` fit equally well. */
    const equal = new Map<number, Map<number, Fit>>();
    for (const [server, fit] of this.#fits.servers) {
      if (this.#turns.dueAtStep) await this.#turns.next();
      if (!this.#isOffered(server)) continue;
      const kind = this.#kinds.get(server.kind) ?? (await this.#offeredOf(server.kind));
      const ofTerms = equal.get(fit.terms) ?? new Map<number, Fit>();
      const level = ofTerms.get(fit.score) ?? fit;
      if (level === fit) equal.set(fit.terms, ofTerms.set(fit.score, fit));
      kind?.add(server, level);
    }
  }

  /** Notes the tools that fit and are offered, and how much of the question each set of terms covers. */
  async #takeTools(): Promise<void> {
    const { tools } = this.#fits;
    for (const [kind, offered] of this.#kinds)
      for (const tool of offered && offered.fitting.size > 0 ? kind.tools : []) {
        if (this.#turns.dueAtStep) await this.#turns.next();
        if (!tools.has(tool)) tools.set(tool, NO_FIT);
      }
    /** The number of tools with each set of terms. */
    const counts = new Map<number, number>();
    for (const [tool, fit] of tools) {
      const kinds: OfferedKind[] = [];
      let { terms } = fit;
      for (const kind of tool.kinds) {
        if (this.#turns.dueAtStep) await this.#turns.next();
        const offered = this.#kinds.get(kind) ?? (await this.#offeredOf(kind));
        if (!offered?.has(tool)) continue;
        kinds.push(offered);
        terms = union(terms, offered.terms);
      }
      if (kinds.length === 0 && !this.#ofHub.has(tool)) continue;
      this.#candidates.set(tool, { tool, fit, kinds });
      counts.set(terms, (counts.get(terms) ?? 0) + 1);
    }
    const having = this.#question.terms.map(() => 0);
    for (const [terms, count] of counts) {
      if (this.#turns.dueAtStep) await this.#turns.next();
      for (let place = 0; place < having.length; place += 1)
        if (hasTerm(terms, place)) having[place] = (having[place] ?? 0) + count;
    }
    const all = Math.min(this.#offer.size, this.#index.size) + this.#ofHub.size;
    this.#covered = this.#question.coverage(having, Math.max(all, this.#candidates.size));
  }

  /** The servers of a kind that the offer has. */
  async #offeredOf(kind: Kind): Promise<OfferedKind | undefined> {
    let offered = this.#kinds.get(kind);
    if (offered === undefined) {
      offered = await this.#lookAt(kind);
      this.#kinds.set(kind, offered);
    }
    return offered ?? undefined;
  }

  /** Looks for a server of the kind in the offer. A server with the catalog's tools tells which tools of all these servers the caller may use. */
  async #lookAt(kind: Kind): Promise<OfferedKind | null> {
    let found: OfferedKind | null = null;
    for (const server of kind.servers) {
      if (this.#turns.dueAtStep) await this.#turns.next();
      const tools = this.#offer.allOf(server.id);
      const [first] = tools;
      if (!first || !isListed(first.entry)) continue;
      found ??= new OfferedKind(kind);
      // A client's own instance may have other tools than the servers of this kind.
      if (!server.tools.includes(first.entry.tool)) continue;
      return tools.length < kind.tools.length
        ? new OfferedKind(kind, new Set(tools.map(({ entry }) => entry.tool.name)))
        : found;
    }
    return found;
  }

  #isOffered({ id }: IndexedServer): boolean {
    const [first] = this.#offer.allOf(id);
    return first !== undefined && isListed(first.entry);
  }

  /** The score of a tool with the server that fits best, offered or not. */
  #highest(candidate: Candidate): number {
    let highest = this.#score(candidate, NO_FIT);
    for (const { fitting } of candidate.kinds)
      for (const fit of fitting.keys()) highest = Math.max(highest, this.#score(candidate, fit));
    return highest;
  }

  /** The servers with a tool, by how well they fit together with it, the best first. */
  #levels(candidate: Candidate): Level[] {
    const { tool, kinds, fit } = candidate;
    const levels: Level[] = [];
    for (const { servers, fitting } of kinds) {
      for (const [of, some] of fitting) levels.push({ tool, score: this.#score(candidate, of), servers: some });
      if (fit !== NO_FIT) levels.push({ tool, score: this.#score(candidate, NO_FIT), servers: this.#others(servers) });
    }
    return levels.sort(byScore);
  }

  /** The servers that do not fit by themselves. */
  *#others(servers: Iterable<IndexedServer>): Generator<IndexedServer> {
    for (const server of servers) if (!this.#fits.servers.has(server)) yield server;
  }

  #score({ tool, fit }: Candidate, server: Fit): number {
    const score = (fit.score + server.score) * this.#covered(union(fit.terms, server.terms));
    return this.#question.wantsToKnow && tool.changes ? score * UNASKED_CHANGE : score;
  }

  /** The first tools of the levels that are offered. */
  async #offered(
    levels: readonly Level[],
    most: number,
  ): Promise<{ readonly tool: OfferedTool; readonly score: number }[]> {
    const found: { readonly tool: OfferedTool; readonly score: number }[] = [];
    for (const { tool, score, servers } of levels)
      for (const { id } of servers) {
        if (this.#turns.dueAtStep) await this.#turns.next();
        const offered = this.#offer.ofServer(id, tool.name);
        if (offered && found.push({ tool: offered, score }) >= most) return found;
      }
    return found;
  }

  async #withCopies(ranked: Ranked, copies: number): Promise<Ranked> {
    const levels: Level[] = [];
    for (const tool of this.#index.equal(ranked.tool)) {
      if (this.#turns.dueAtStep) await this.#turns.next();
      const candidate = this.#candidates.get(tool);
      if (candidate) levels.push(...this.#levels(candidate));
    }
    const offered = await this.#offered(levels.sort(byScore), copies + 1);
    return { ...ranked, offered: offered.map(({ tool }) => tool) };
  }
}

/** The best tools so far. */
class Best {
  readonly #limit: number;
  readonly #byContent = new Map<string, Ranked>();
  /** A tool needs more than this score to get a place. */
  least = Number.NEGATIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
  }

  put(ranked: Ranked): void {
    const { content } = ranked.tool;
    if (ranked.score <= (this.#byContent.get(content)?.score ?? this.least)) return;
    this.#byContent.set(content, ranked);
    const [last, ...more] = this.all().slice(this.#limit - 1);
    for (const { tool } of more) this.#byContent.delete(tool.content);
    if (last) this.least = last.score;
  }

  all(): Ranked[] {
    return [...this.#byContent.values()].sort(byScore);
  }
}

function byScore(a: { readonly score: number }, b: { readonly score: number }): number {
  return b.score - a.score;
}
