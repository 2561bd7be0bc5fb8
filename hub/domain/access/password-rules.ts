import { invalid } from '../errors.js';

const SHORTEST = 8;
export const LONGEST_PASSWORD = 256;

/** The passwords that an attacker tries first. */
const common = new Set(
  [
    ...['password', 'password1', 'passw0rd', '12345678', '123456789', '1234567890', '87654321', '11111111', '00000000'],
    ...['qwertyui', 'qwertyuiop', 'qwerty123', 'asdfghjkl', '1q2w3e4r', '1qaz2wsx', 'abcd1234', 'iloveyou', 'letmein1'],
    ...[
      'welcome1',
      'changeme',
      'sunshine',
      'princess',
      'football',
      'baseball',
      'superman',
      'trustno1',
      'administrator',
    ],
  ].map((password) => password.toLowerCase()),
);

/** The rule, as errors state it. */
export const PASSWORD_RULE = `must have ${SHORTEST} to ${LONGEST_PASSWORD} characters, and be neither the user name, nor the e-mail address, nor one of the most common passwords`;

/** @throws DomainError `invalid_input` that states the rules. */
export function checkPassword(
  password: string,
  of: { readonly username: string; readonly email: string | null },
): void {
  const lower = password.toLowerCase();
  const isTold = lower === of.username.toLowerCase() || lower === of.email?.toLowerCase();
  if (password.length < SHORTEST || password.length > LONGEST_PASSWORD || isTold || common.has(lower))
    throw invalid('password', PASSWORD_RULE);
}
