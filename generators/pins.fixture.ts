/** Something from outside that a file of this repository names at one version or digest. */
export interface Pin {
  readonly file: string;
  readonly line: number;
  /** As it stands there: `5.5.0`, `v1.86.0`, `sha256:…`, `github.com` actions by their commit. */
  readonly value: string;
}

/** One way of naming a version: files, and in each of their lines what stands there as `value`. */
interface Way {
  readonly files: RegExp;
  readonly value: RegExp;
  /** A comment pins nothing. @default they count, too */
  readonly code?: true;
}

const code = /\.(ts|mjs|js|sh|ya?ml)$|Dockerfile/;
const yaml = /\.ya?ml$/;
const version = 'v?\\d+\\.\\d+(?:\\.\\d+)?(?:[-+][A-Za-z][\\w.]*)?';

const ways: readonly Way[] = [
  // An image, or a checksum of something that is fetched.
  { files: /./, value: /(?<![0-9a-f])(?<value>(?:sha256:)?[0-9a-f]{64})(?![0-9a-f])/g },
  { files: /(^|\/)package\.json$/, value: /^ {4}"[^"]+": "(?<value>\d[^"]*)",?$/g },
  { files: /requirements[^/]*\.txt$/, value: /^[\w.-]+==(?<value>\S+)/g },
  // An image without a digest: by tag, or by nothing at all.
  { files: /Dockerfile/, value: /^\s*(?:FROM|ARG \w+=)\s*(?!.*@sha256:)(?<value>[\w./-]+:[\w.-]+)/g },
  { files: yaml, value: /^\s*(?:- )?image:\s*['"]?(?!.*@sha256:)(?<value>[a-z][\w./-]*:[\w.-]+)/g, code: true },
  { files: /^\.github\//, value: /\buses:\s*(?:&\w+ )?['"]?[\w./-]+@(?<value>[^\s'"]+)/g, code: true },
  { files: /^\.github\//, value: /\b(?:ubuntu|macos|windows)-(?<value>\d[\d.]*)/g, code: true },
  { files: code, value: new RegExp(`(['"\`])(?<value>${version})\\1`, 'g'), code: true },
  { files: yaml, value: new RegExp(`(?:version|_VERSION)\\s*[:=]\\s*(?<value>${version})\\s*$`, 'gi'), code: true },
  // A program that is fetched: by address, or by npm or npx.
  { files: code, value: /https?:\/\/[^\s'"`]*?(?<![\d.])(?<value>v?\d+\.\d+\.\d+)(?!\.?\d)/g, code: true },
  { files: /\.(ts|mjs|sh|ya?ml|json)$/, value: /[a-z]@(?<value>\d+\.\d+(?:\.\d+)?)\b/g, code: true },
  { files: /^generators\/schemas\/.*\.json$/, value: /^ {2}"source": "[^"]*? (?<value>v?\d+\.\d+(?:\.\d+)?)/g },
];

/** Lockfiles follow their package.json; tests make versions up. */
const isSearched = (file: string) => !/package-lock\.json$|\.(test|fixture|pipeline)\.ts$|\/requests\//.test(file);
const isComment = (line: string) => /^\s*(\/\/|\/\*|\*|#)/.test(line);

/** What a file pins, found by how versions and digests look, whatever Renovate is told about them. */
export function pinsIn(file: string, text: string): Pin[] {
  if (!isSearched(file)) return [];
  const lines = text.split('\n');
  const found = ways
    .filter(({ files }) => files.test(file))
    .flatMap(({ value, code }) =>
      lines.flatMap((line, index) =>
        code && isComment(line)
          ? []
          : [...line.matchAll(value)].map(({ groups }) => ({ file, line: index + 1, value: groups?.value ?? '' })),
      ),
    );
  const keyed = new Map(found.map((pin) => [`${pin.line} ${pin.value}`, pin]));
  return [...keyed.values()].sort((a, b) => a.line - b.line);
}
