import type { Algorithms } from 'ssh2';

const kex = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group-exchange-sha256',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
] as const;

const serverHostKey = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

const cipher = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'] as const;

const hmac = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
] as const;

const modern: Algorithms = {
  kex: [...kex],
  serverHostKey: [...serverHostKey],
  cipher: [...cipher],
  hmac: [...hmac],
};

/** Broken or nearly broken algorithms: only for old devices, and only if the registration asks for them. The best still come first. */
const withLegacy: Algorithms = {
  kex: [...kex, 'diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: [...serverHostKey, 'ssh-rsa', 'ssh-dss'],
  cipher: [...cipher, 'aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: [...hmac, 'hmac-sha1-etm@openssh.com', 'hmac-sha1', 'hmac-md5'],
};

/** The algorithms that the agent offers a device. */
export function algorithms(legacy: boolean): Algorithms {
  return legacy ? withLegacy : modern;
}
