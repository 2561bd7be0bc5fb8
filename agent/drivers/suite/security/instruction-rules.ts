import { withoutHidden } from './hidden-text.js';

/** A kind of text that gives a model instructions instead of a description of a tool. */
export interface InstructionRule {
  readonly name: string;
  /** For people. */
  readonly means: string;
  readonly pattern: RegExp;
}

const secretFiles = String.raw`(~\/\.[\w-]+|\$home\/\.[\w-]+|\.ssh\b|id_(rsa|dsa|ecdsa|ed25519)\b|\.aws\b|\.env\b|\.netrc\b|\.npmrc\b|\.pgpass\b|\.kube\b|\.gnupg\b|\.git-credentials\b|\/etc\/(passwd|shadow|sudoers)\b|\.cursor\b|mcp\.json\b|claude_desktop_config|\b(private|ssh|api|secret|encryption) keys?\b|\bcredentials? (file|store)s?\b|\bbrowser (cookies|history|passwords)\b|\bkeychain\b|\bwallets?\b)`;
const confidential = `(contents?|conversation|chat|messages?|history|system prompt|prompts?|context|secrets?|credentials?|passwords?|tokens?|keys?|environment|variables?|files?|data|personal)`;
const elsewhere = String.raw`(https?:\/\/|[\w.+-]{1,64}@[\w-]{1,64}\.\w|\b\d{1,3}(\.\d{1,3}){3}\b|\bwebhook\b|\bour (server|endpoint)|\bexternal (server|endpoint)|\bremote (server|endpoint|host))`;

/**
 * Patterns that the suite looks for in descriptions. It reads texts without hidden characters, in lower case, with single spaces. The gaps
 * are bounded, so that no text takes long.
 */
export const instructionRules: readonly InstructionRule[] = [
  {
    name: 'overrides-instructions',
    means: 'tells the model to leave its instructions aside',
    pattern:
      /\b(ignore|disregard|forget|override|bypass)\b.{0,40}\b(previous|prior|above|earlier|preceding|existing|all|any|other|your|safety|system)\b.{0,30}\b(instructions?|prompts?|rules?|guidelines?|directions?|directives?|restrictions?|policies)\b/,
  },
  {
    name: 'secrecy',
    means: 'tells the model to keep something from the user',
    pattern:
      /\b(do not|don't|dont|never|must not|mustn't|should not|shouldn't|avoid|without|refrain from)\b.{0,30}\b(tell|telling|mention|mentioning|inform|informing|reveal|revealing|notify|notifying|disclose|disclosing|alert|alerting|show|showing|let|letting|explain|explaining|say|saying)\b.{0,40}\b(users?|humans?|persons?|people|anyone|anybody|them|operators?|customers?)\b/,
  },
  {
    name: 'secrecy',
    means: 'tells the model to keep something from the user',
    pattern:
      /\b(keep|hide|conceal|withhold)\b.{0,40}\b(from|secret from|hidden from)\b.{0,15}\b(users?|humans?|operators?|customers?|anyone)\b|\b(secretly|silently|covertly|without (the )?user('s)? (knowledge|knowing|noticing|consent|approval))\b.{0,60}\b(read|send|include|pass|call|upload|forward|copy|append|execute|run|access|collect)/,
  },
  {
    name: 'attention-tag',
    means: 'holds a tag that is meant for a model',
    pattern:
      /<\/?\s?(important|system|secret|hidden|instructions?|admin|critical|override|assistant|prompt|mandatory|confidential|s|sys|inst)\b[^<>]{0,40}>|<\|[a-z_]{1,20}\|>|\[\/?(inst|system|important)\]/,
  },
  {
    name: 'reads-private-files',
    means: 'asks for files that are private',
    pattern: new RegExp(
      String.raw`\b(read|open|cat|load|access|retrieve|include|get|fetch|send|upload|copy|pass|provide|attach|extract|collect)\b.{0,80}${secretFiles}`,
    ),
  },
  {
    name: 'reads-files-first',
    means: 'asks for files to be read before it is used',
    pattern:
      /\b(before|prior to|whenever|every time|each time|first|always|must)\b.{0,80}\b(read|open|load)\b.{0,40}\b(files?|contents? of|director(y|ies)|folders?)\b.{0,80}\b(pass|send|include|provide|put|append|attach|as)\b.{0,60}\b(arguments?|parameters?|sidenote|side note|notes?|context|metadata|field)\b/,
  },
  {
    name: 'sends-data-elsewhere',
    means: 'asks for data to be sent elsewhere',
    pattern: new RegExp(
      String.raw`\b(send|post|upload|forward|transmit|exfiltrate|leak|e-?mail|report|submit|copy|bcc|cc)\b.{0,60}\b${confidential}\b.{0,80}\b(to|at|via|through)\b.{0,60}${elsewhere}`,
    ),
  },
  {
    name: 'reveals-conversation',
    means: 'asks for the conversation or the prompt of the model',
    pattern:
      /\b(include|send|pass|provide|append|attach|reveal|print|repeat|output|copy|put|insert|summari[sz]e)\b.{0,50}\b(system prompt|(full|entire|whole|complete|previous|prior|user's) (conversation|chat|message|dialog(ue)?)( history)?|(conversation|chat) history|your instructions|hidden instructions)\b/,
  },
  {
    name: 'shadows-other-tools',
    means: 'tells the model how to use tools that are not its own',
    pattern:
      /\b(when(ever)?|if|before|after)\b.{0,40}\b(other|another|different)\b.{0,20}\btools?\b.{0,60}\b(change|replace|redirect|bcc|forward|duplicate)\b|\b(change|replace|redirect|set|add)\b.{0,30}\b(recipients?|bcc|destination|addressee|payee|account number)\b.{0,60}[\w.+-]{1,64}@[\w-]{1,64}\.\w/,
  },
  {
    name: 'new-role',
    means: 'gives the model another role or new instructions',
    pattern:
      /\byou are (now|no longer)\b|\b(new|updated|real|actual|secret|hidden) (system )?(instructions?|prompt|directives?)\s?:|\bact as (an? )?(unrestricted|jailbroken|different|system|root|admin)|\bfrom now on,? (you|always|never)\b/,
  },
  {
    name: 'bypasses-approval',
    means: 'tells the model to do without approval',
    pattern:
      /\b(do not|don't|never|without|skip|no need to)\b.{0,20}\b(ask(ing)?|wait(ing)?|request(ing)?|seek(ing)?)\b.{0,30}\b(for )?(confirmation|approval|permission|consent)\b/,
  },
  {
    name: 'encoded-text',
    means: 'holds a long text that is encoded',
    pattern: /(?<![\w/+])[a-z0-9+/]{160,}={0,2}(?![\w/+])/,
  },
];

/** The first rule that a text matches, and the matching part. */
export function instructionIn(text: string): { readonly rule: InstructionRule; readonly quote: string } | undefined {
  const read = withoutHidden(text.normalize('NFKC')).replaceAll(/\s+/g, ' ').replaceAll('’', "'").toLowerCase();
  for (const rule of instructionRules) {
    const match = rule.pattern.exec(read);
    if (match) return { rule, quote: match[0].slice(0, 200) };
  }
  return undefined;
}
