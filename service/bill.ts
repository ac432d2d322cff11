import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A package, as its package.json says. */
export type Package = { name: string; version: string };

/**
 * The packages that files belong to, each once, in the order of their addresses.
 * @param files paths; those outside of every node_modules are the service's own and count for none
 * @param from what relative ones begin at
 */
export function packagesOf(files: readonly string[], from: string): Package[] {
  // The last node_modules: a package may bring its own version of another one.
  const folders = files.flatMap(
    (file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(resolve(from, file)) ?? [],
  );
  const packages = Array.from(new Set(folders), (folder): Package => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { name, version };
  });
  const byAddress = new Map(packages.map((one) => [address(one), one]));
  return [...byAddress].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, one]) => one);
}

/** https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md */
const address = ({ name, version }: Package) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/**
 * The bill of materials of what was built, in CycloneDX. A scanner that looks at one file sees none of the packages
 * that it is made of; it reads this beside it. No serial number and no time: the same is written from the same.
 * https://cyclonedx.org/docs/1.6/json/
 */
export function billOf(service: Package, packages: readonly Package[]): object {
  const component = (type: string, { name, version }: Package) => {
    const purl = address({ name, version });
    return { type, 'bom-ref': purl, name, version, purl };
  };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: component('application', service) },
    components: packages.map((one) => component('library', one)),
  };
}
