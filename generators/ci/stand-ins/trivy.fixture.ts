import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { standIn, taken, Unknown } from './call.fixture.ts';

// Trivy, as the pipeline calls it. It looks into nothing: it is told what is weak by the file that `SLIPWAY_WEAKNESSES`
// names, a JSON list. The threshold and the dated exceptions are its own, after Trivy's sources.

/** Something weak in an image. */
interface Weakness {
  readonly id: string;
  readonly severity: string;
  readonly package: string;
  /** The version that mends it, where there is one. */
  readonly fixed?: string;
}

const severities = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

await standIn('trivy', (args) => {
  const { words, options } = taken(args, {
    ...{ '--input': true, '--platform': true, '--format': true, '--output': true, '--cache-dir': true },
    ...{ '--ignorefile': true, '--severity': true, '--ignore-unfixed': false, '--exit-code': true, '--quiet': false },
    ...{ '--no-progress': false, '--scanners': true },
  });
  const one = (name: string) => options[name]?.at(-1);
  const [command, target, ...more] = words;
  if (more.length > 0) throw new Unknown(`one target is wanted: ${words.join(' ')}`);
  const output = one('--output');
  const exit = one('--exit-code') ?? '0';
  if (!/^[01]$/.test(exit)) throw new Unknown(`--exit-code ${exit}`);
  if (command === 'image') checkImage(target, one('--input'), one('--platform'));
  else if (command === 'sbom') readBill(target);
  else throw new Unknown(`it knows image and sbom, not ${command}`);
  const format = one('--format') ?? 'table';
  if (format === 'cyclonedx') {
    if (command !== 'image' || !output) throw new Unknown('a bill of materials is of an image, into a file');
    writeFileSync(output, bill(target ?? one('--input') ?? ''));
    return 0;
  }
  if (format !== 'table') throw new Unknown(`--format ${format}`);
  const wanted = (one('--severity') ?? severities.join(',')).split(',');
  for (const name of wanted) if (!severities.includes(name)) throw new Unknown(`--severity ${name}`);
  const excused = exceptions(one('--ignorefile'));
  const found = weaknesses()
    .filter(({ severity }) => wanted.includes(severity))
    .filter(({ fixed }) => fixed !== undefined || !options['--ignore-unfixed']?.includes('true'))
    .filter(({ id }) => !excused.has(id));
  for (const { id, severity, package: name, fixed } of found)
    console.log([severity, id, name, fixed ?? '–'].join('  '));
  return found.length > 0 ? Number(exit) : 0;
});

/** By digest, since a tag may be another image by then; or an OCI layout, which Trivy reads as a folder only. */
function checkImage(reference?: string, input?: string, platform?: string): void {
  if ((reference === undefined) === (input === undefined)) throw new Unknown('either a reference or --input is wanted');
  if (platform !== undefined && !/^linux\/(amd64|arm64)$/.test(platform)) throw new Unknown(`--platform ${platform}`);
  if (reference !== undefined && !/^[\w.:/-]+@sha256:[0-9a-f]{64}$/.test(reference))
    throw new Unknown(`${reference} names no digest`);
  // https://github.com/aquasecurity/trivy/issues/5775
  if (input !== undefined && !(existsSync(input) && statSync(input).isDirectory()))
    throw new Unknown(`${input} is no folder`);
  if (input !== undefined && !existsSync(join(input, 'index.json'))) throw new Unknown(`${input} holds no OCI layout`);
}

function readBill(path?: string): void {
  const content = path ? (JSON.parse(readFileSync(path, 'utf8')) as { bomFormat?: string }) : {};
  if (content.bomFormat !== 'CycloneDX') throw new Unknown(`${path} is no bill of materials`);
}

function bill(target: string): string {
  const version = createHash('sha256').update(target).digest('hex').slice(0, 12);
  return JSON.stringify({
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 },
    metadata: { component: { type: 'container', name: target } },
    components: [{ type: 'library', name: 'told-by-a-stand-in', version }],
  });
}

/**
 * What is excused today. A file that is not there excuses nothing, and a day that has come ends an exception:
 * https://github.com/aquasecurity/trivy/blob/main/pkg/result/ignore.go
 */
function exceptions(path?: string): Set<string> {
  if (!path || !existsSync(path)) return new Set();
  if (!/\.ya?ml$/.test(path)) throw new Unknown(`${path} is not YAML, which alone can hold a reason and a day`);
  const { vulnerabilities = [] } = load(readFileSync(path, 'utf8')) as {
    vulnerabilities?: { id: string; expired_at?: Date | string }[];
  };
  const now = new Date();
  return new Set(vulnerabilities.filter(({ expired_at: day }) => !day || new Date(day) >= now).map(({ id }) => id));
}

function weaknesses(): Weakness[] {
  const file = process.env.SLIPWAY_WEAKNESSES;
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as Weakness[]) : [];
}
