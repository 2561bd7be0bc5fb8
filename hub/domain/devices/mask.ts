import { REDACTED } from '../audit/redactor.js';

/** Words that a secret follows in commands and configurations of network devices. */
const names =
  'password|passwd|passphrase|secret|key-string|key|keyed|community|pre-shared-key|authentication-key|encrypted-password|plain-text-password(?:-value)?|authentication\\s+text|md5|sha|sha256|sha512|auth|priv';
/** Words that may stand between the name and the secret: the kind of its encryption, or its purpose. */
const kinds =
  '(?:(?:ascii-text|hexadecimal|clear|encrypted|level|local|remote|md5|sha(?:-?\\d+)?|aes(?:-?\\d+)?|3?des|[0-9]{1,3})\\s+)*';
const secret = new RegExp(`((?:^|[\\s{"-])(?:${names})(?:\\s*[:=])?\\s+${kinds})("[^"]*"|\\S+)`, 'gi');
/** Words that may follow the words above without being a secret. */
const harmless = /^(?:chain|generate|config-key|encryption|encrypt|zeroize|pubkey-chain|\{|\d{1,2})$/i;

/** An agent's message about a command or a line, with secrets masked from the quotation on: the device may repeat any part of it. */
export function maskQuoted(message: string): string {
  return message.replace(/'[\s\S]*$/, maskSecrets);
}

/** A command, or lines of a configuration, with text that looks like a secret replaced. Other code takes out known secrets. */
export function maskSecrets(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line.replace(secret, (whole, before: string, value: string) =>
        harmless.test(value) ? whole : `${before}${REDACTED}${value.endsWith(';') ? ';' : ''}`,
      ),
    )
    .join('\n');
}
