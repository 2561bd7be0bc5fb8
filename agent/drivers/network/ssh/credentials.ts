import type { SshCredentials } from '@roundhouse/proto/agent/v1/device';
import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import type { AgentFailure } from '../../../failure.js';
import { deviceFailure } from '../failure.js';

/** The SSH library, which is loaded when a device is first dialled. */
export type SshLibrary = typeof import('ssh2');

/** Questions that only a person should answer: the device asks for a new password. */
const changePassword =
  /(?:new|old|current|re-?type|re-?enter|change|confirm)[^\n]{0,40}password|password[^\n]{0,40}(?:expired|change)/i;
const asksForName = /user\s?name|login|user:/i;
/** The most rounds of questions. Devices need one or two; a device that asks on and on is broken. */
const maxRounds = 5;

/**
 * The ways to sign in, in order: key, password, and the password as the answer to the device's question.
 * @param stop Called if the sign-in cannot succeed.
 * @throws AgentFailure `key_unreadable`.
 */
export function signInMethods(
  ssh2: SshLibrary,
  credentials: SshCredentials,
  stop: (failure: AgentFailure) => void,
): AnyAuthMethod[] {
  const { username, password, privateKey, passphrase } = credentials;
  const methods: AnyAuthMethod[] = [];
  if (privateKey !== '') methods.push({ type: 'publickey', username, key: readKey(ssh2, privateKey, passphrase) });
  if (password === '') return methods;
  let rounds = 0;
  methods.push({ type: 'password', username, password });
  methods.push({
    type: 'keyboard-interactive',
    username,
    prompt(_name, instructions, _language, prompts, finish) {
      const texts = prompts.map(({ prompt }) => prompt);
      if (changePassword.test(instructions) || texts.some((text) => changePassword.test(text))) {
        stop(passwordChange());
        return;
      }
      if (++rounds > maxRounds) {
        stop(
          deviceFailure(
            'disconnected',
            'auth_failed',
            'the device keeps asking questions and does not accept the credentials',
          ),
        );
        return;
      }
      finish(prompts.map(({ prompt, echo }) => (echo && asksForName.test(prompt) ? username : echo ? '' : password)));
    },
  });
  return methods;
}

/** The failure for a device that wants a new password before it accepts the sign-in. */
export function passwordChange(): AgentFailure {
  const message = 'the device asks for a new password; change it there, then here';
  return deviceFailure('disconnected', 'password_change_required', message);
}

/** Whether a text asks for a new password. */
export function asksForNewPassword(text: string): boolean {
  return changePassword.test(text);
}

/** Reads a private key, as text or as the text in base64, which the API documents. */
function readKey(ssh2: SshLibrary, text: string, passphrase: string): ParsedKey {
  const plain = /^\s*(?:-----BEGIN|PuTTY-User-Key)/.test(text) ? text : Buffer.from(text, 'base64').toString('latin1');
  const key = ssh2.utils.parseKey(`${plain.trim()}\n`, passphrase === '' ? undefined : passphrase);
  if (key instanceof Error) {
    // The library's message may quote the key.
    const why = /passphrase|encrypted|decrypt|integrity/i.test(key.message)
      ? 'it is encrypted, and the passphrase does not fit'
      : 'its format is not known';
    throw deviceFailure('disconnected', 'key_unreadable', `the private key cannot be read: ${why}`);
  }
  if (!key.isPrivateKey()) {
    throw deviceFailure('disconnected', 'key_unreadable', 'the private key cannot be read: it is a public key');
  }
  return key;
}
