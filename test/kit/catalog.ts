import { predefinedEntries } from '../../hub/domain/catalog/predefined.js';

/** The version of an npm package that the catalog's entry installs. */
export function catalogVersion(npmPackage: string): string {
  const word = predefinedEntries
    .flatMap(({ source }) => (source.type === 'package' ? source.template.args : []))
    .find((arg) => arg.startsWith(`${npmPackage}@`));
  if (word === undefined) throw new Error(`no entry of the catalog names a version of ${npmPackage}`);
  return word.slice(npmPackage.length + 1);
}
