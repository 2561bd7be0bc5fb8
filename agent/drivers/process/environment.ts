/** Variables of the agent's environment that every child may see. They hold no secret of the agent. */
const base = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TERM',
  'TMPDIR',
  'TEMP',
  'TMP',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** Further variables for package managers: registries, proxies, certificates. Server processes never see these. */
const installer = /^(npm_config_|pip_|uv_|(https?|all|no)_proxy$|requests_ca_bundle$|xdg_)/i;

/** Variables of an `npm run` that started the agent. They would change an installation in another folder. */
const npmRunVariables =
  /^npm_config_(workspace|include_workspace|global|local_prefix|prefix|dry_run|package_lock_only|ignore_scripts$)/i;

/** The environment of a server process: a small safe base, and the variables of the server's registration. */
export function serverEnvironment(own: Readonly<Record<string, string>>): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of base) copy(env, name);
  return Object.assign(env, own);
}

/** The environment of a package manager that installs a source. */
export function installerEnvironment(): Record<string, string> {
  const env = serverEnvironment({});
  for (const name of Object.keys(process.env)) {
    if (installer.test(name) && !npmRunVariables.test(name)) copy(env, name);
  }
  return env;
}

function copy(into: Record<string, string>, name: string): void {
  const value = process.env[name];
  if (value !== undefined) into[name] = value;
}
