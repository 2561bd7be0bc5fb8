/** A command line that names a git repository, installed by npm or by pip (or uv). */
export interface GitCommand {
  readonly kind: 'git';
  readonly installer: 'npm' | 'pypi';
  /** Host and path, without the parts of the address that may be secret. */
  readonly name: string;
  /** The address for git. */
  readonly url: string;
  /** A tag, branch or commit; for npm also `semver:` and a range; or empty. */
  readonly version: string;
  readonly program: string;
  readonly args: readonly string[];
}

const hosts: Readonly<Record<string, string>> = {
  github: 'github.com',
  gitlab: 'gitlab.com',
  bitbucket: 'bitbucket.org',
};

/** `github:owner/repo[#ref]`, npm's form. */
const hosted = /^(github|gitlab|bitbucket):([\w.-]+\/[\w.-]+?)(?:\.git)?(?:#(\S+))?$/;
/** `git+https://host/path[#ref]`; only schemes with which git runs no other program. */
const npmAddress = /^(?:git\+((?:https?|ssh|file):\/\/[^\s#]+)|(git:\/\/[^\s#]+))(?:#(\S+))?$/;
/** `git+https://host/path[@ref]`, the form of pip and uv. An address with a `#` is left to them. */
const pypiAddress = /^git\+((?:https?|ssh|file):\/\/[^\s/]*\/[^\s#@]+)(?:@([^\s#@]+))?$/;

/** The repository that a command names in place of a package; `undefined` for any other text. */
export function parseGitSpec(
  installer: 'npm' | 'pypi',
  spec: string,
): Pick<GitCommand, 'name' | 'url' | 'version'> | undefined {
  const short = installer === 'npm' ? hosted.exec(spec) : null;
  if (short !== null) {
    const [, host = '', path = '', version = ''] = short;
    const name = `${hosts[host]}/${path}`;
    return isRef(version) ? { name, url: `https://${name}.git`, version } : undefined;
  }
  const match = (installer === 'npm' ? npmAddress : pypiAddress).exec(spec);
  if (match === null) return undefined;
  const [url, version = ''] = installer === 'npm' ? [match[1] ?? match[2] ?? '', match[3]] : [match[1] ?? '', match[2]];
  if (!URL.canParse(url) || !isRef(version)) return undefined;
  const { host, pathname } = new URL(url);
  return { name: `${host}${pathname}`.replace(/^\/|(\.git)?\/?$/g, ''), url, version };
}

/** The same repository at another tag or commit. */
export function nameGitVersion(installer: 'npm' | 'pypi', spec: string, version: string): string {
  if (installer === 'npm') return `${spec.replace(/#.*/s, '')}#${version}`;
  const [, url = ''] = pypiAddress.exec(spec) ?? [];
  return `git+${url}@${version}`;
}

/** Whether a text can name a tag, a branch or a commit: by git's rule, and without the form of an option. */
export function isRef(text: string): boolean {
  if (/^semver:[\w.^~<>=|*+ -]+$/.test(text)) return true;
  return (
    /^(?![-/.])(?!.*(?:\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)))[^\s~^:?*[\\\p{Cc}]*$/u.test(text) && !/[./]$/.test(text)
  );
}
