import { invalid } from '../errors.js';

/** The newest version that the source has. */
export const LATEST = 'latest';

/** A version of a package, or a tag of a repository. */
const plainVersion = /^[A-Za-z0-9_][A-Za-z0-9._+!:-]{0,127}$/;
/** Any version: also a digest of an image, and a tag that moves with its digest. */
const anyVersion = /^[A-Za-z0-9_][A-Za-z0-9._+!:-]{0,127}(?:@sha256:[0-9a-f]{64})?$/;
const semantic = /^v?(\d+)\.(\d+)\.(\d+)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
/** PEP 440, its usual forms. */
const pythonVersion = /^v?(?:\d+!)?\d+(?:\.\d+)*(?:[._-]?(?:a|b|rc|alpha|beta|post|dev)\.?\d*)*(?:\+[0-9A-Za-z.]+)?$/i;

const forms: Readonly<Record<string, RegExp>> = { npm: semantic, git: plainVersion, pypi: pythonVersion };

/** @throws DomainError `invalid_input` naming the field, where a text cannot be a version of such a source. */
export function checkVersion(field: string, version: string, kind = ''): void {
  if (version === LATEST) return;
  if (!anyVersion.test(version) || !(forms[kind] ?? anyVersion).test(version))
    throw invalid(field, `Version must be semantic version or '${LATEST}'`);
}

/** Whether a version may be a commit of a git repository, as a whole or shortened. @param kind of the source; empty where it is not known */
export function isCommit(version: string, kind: string): boolean {
  return (kind === 'git' || kind === '') && /^[0-9a-f]{7,40}$/i.test(version);
}

/** Whether the major version grows. `false` where one of the two is no semantic version. */
export function isBreaking(from: string | null, to: string): boolean {
  const [before, after] = [major(from ?? ''), major(to)];
  return before !== undefined && after !== undefined && after > before;
}

function major(version: string): number | undefined {
  const found = /^v?(?:\d+!)?(\d+)(?:\.|$)/.exec(version)?.[1];
  return found === undefined ? undefined : Number(found);
}
