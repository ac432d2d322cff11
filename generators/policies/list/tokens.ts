import { fieldsOf, itemsOf, type Path, visit } from '../json.ts';
import { breach } from '../pods.ts';
import { type Breach, object, type PartPolicy, planned } from '../policy.ts';
import type { Subject } from '../view.ts';

/** What gives itself away: https://docs.gitlab.com/security/tokens/#token-prefixes and the documents of each issuer. */
const shapes: readonly (readonly [what: string, shape: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY/],
  ['an AWS key', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ['a GitLab token', /\bgl(?:pat|rt|dt|ptt|ft|soat|agent|oas|cbt|imt)-[\w-]{20,}/],
  ['a GitHub token', /\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{22,}/],
  ['a Slack token', /\bxox[abeoprs]-[\w-]{10,}/],
  ['a Google key', /\bAIza[\w-]{35}\b/],
  ['a Stripe key', /\b[rs]k_live_[A-Za-z0-9]{16,}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a JSON Web Token', /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/],
  ['a password in an address', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@$<{]*:[^\s/@$<{]{3,}@/],
];
/** All of them at once: most texts have none. */
const any = new RegExp(shapes.map(([, { source }]) => source).join('|'));

const secretive =
  /(?:^|[^a-z])(?:password|passwd|passphrase|pass|pwd|token|secret|api_?key|apikey|access_?key|private_?key|credentials?)$/i;
/** A place where the secret is, a word, a number, a duration or a checksum is no secret. */
const harmless =
  /^$|^[./~]|^\$[({]|^\$\w+$|^[a-z][a-z0-9+.-]*:\/\/|^arn:|^(?:true|false|null|none|required|optional|enabled|disabled|always|never)$|^[\d.]+[a-z]{0,2}$|^sha\d+[:-]/i;
/** A line of a file, or an argument, that gives a name a value. */
const assignment = /^[\s"'-]*([\w.-]+)["']?\s*[:=]\s*["']?([^\s"',]+)["']?,?\s*$/gm;

/** Bits a character, as Shannon counts them: words have about 3, random base64 more than 4. */
function entropy(text: string): number {
  const counts = Map.groupBy(text, (character) => character).values();
  return [...counts].reduce((sum, { length }) => sum - (length / text.length) * Math.log2(length / text.length), 0);
}

const snake = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2');
const isSecret = (name: string, value: string) => secretive.test(snake(name)) && !harmless.test(value);
/** In a file a name says less: the value must look random too. */
const isRandom = (value: string) =>
  value.length >= 12 && /\d/.test(value) && /[A-Za-z]/.test(value) && entropy(value) >= 3.2;

function* inLines(text: string): Generator<string> {
  for (const [, name = '', value = ''] of text.matchAll(assignment)) {
    if (isSecret(name, value) && isRandom(value)) yield name;
  }
}

function why(path: Path, text: string, isConfig: boolean): string | undefined {
  if (any.test(text)) return `It looks like ${shapes.find(([, shape]) => shape.test(text))?.[0]}.`;
  const name = path.at(-1);
  if (isConfig && path[0] === 'data') {
    if (typeof name === 'string' && !text.includes('\n') && isSecret(name, text))
      return 'Its name says that it is secret.';
  } else {
    const list = path.at(-2);
    if (list !== 'args' && list !== 'command') return undefined;
  }
  const [assigned] = inLines(text);
  return assigned && `It gives ${assigned} a value that looks random.`;
}

const hidden = (subject: Subject, path: Path, text: string, because: string) =>
  breach(subject, [...path], `${text.length} characters, not shown`, because);

/** Never shows what it found. */
export const tokens: PartPolicy = {
  id: 'tokens',
  says: 'A secret must not stand in git: take it out, replace it at its issuer, and refer to where it is kept.',
  source: 'https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html',
  check(part) {
    const found: Breach[] = [];
    for (const subject of part.subjects) {
      const isConfig = subject.kind === 'ConfigMap';
      visit(subject.manifest, (path, value) => {
        if (typeof value === 'string') {
          // A word is no token, and most texts are words.
          if (value.length < 6) return;
          const because = why(path, value, isConfig);
          if (because) found.push(hidden(subject, path, value, because));
        } else if (path.at(-1) === 'env') {
          for (const [index, variable] of itemsOf(value).entries()) {
            const { name, value: text } = fieldsOf(variable);
            if (typeof name !== 'string' || typeof text !== 'string' || any.test(text) || !isSecret(name, text))
              continue;
            found.push(hidden(subject, [...path, index, 'value'], text, 'Its name says that it is secret.'));
          }
        }
      });
    }
    return found;
  },
  passes: [
    planned({ env: [{ name: 'COMMIT', value: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b' }] }),
    planned({
      env: [
        { name: 'TOKEN_FILE', value: '/run/secrets/token' },
        { name: 'DB_PASSWORD', value: '/run/secrets/password' },
      ],
    }),
    planned({
      env: [
        { name: 'TOKEN', value: 'https://issuer.example.com/token' },
        { name: 'SESSION_TOKEN', value: '30m' },
      ],
    }),
    planned({
      env: [
        { name: 'CHECKSUM', value: `sha256:${'e3b0c44298fc1c14'.repeat(4)}` },
        { name: 'BYPASS', value: 'everything' },
      ],
    }),
    planned({ args: ['--password-file=/run/secrets/password', '--token=$(TOKEN)', '--secret=changed-by-hand'] }),
    object('ConfigMap/web', {
      'data.conf': 'password: required\nrequirepass-file: /run/secrets/p\ntoken = $TOKEN\ncrypt_key_id: 4f2a9c\n',
    }),
    object('ConfigMap/web', { 'metadata.annotations': { 'slipway.dev/config': '5f4dcc3b5aa765d61d8327deb882cf99' } }),
  ],
  fails: [
    planned({ env: [{ name: 'A', value: `AKIA${'Z2Q7'.repeat(4)}` }] }),
    planned({ env: [{ name: 'A', value: `glpat-${'aB3dE6gH9j'.repeat(2)}` }] }),
    planned({ env: [{ name: 'A', value: `ghp_${'aB3dE6gH9jkL'.repeat(3)}` }] }),
    planned({
      env: [{ name: 'A', value: `eyJ${'hbGciOiJIUzI1NiJ9'}.eyJ${'zdWIiOiIxMjM0NTY3'}.${'dozjgNryP4J3jVmN'}` }],
    }),
    planned({ env: [{ name: 'A', value: 'redis://user:hunter2@redis:6379' }] }),
    planned({ env: [{ name: 'REDIS_PASSWORD', value: 'hunter2' }] }),
    planned({ env: [{ name: 'apiKey', value: 'k3JQ-99xx' }] }),
    planned({ args: ['--admin-password=Zk81pQw90Lmn'] }),
    object('ConfigMap/web', { 'data.PASSWORD': 'hunter2' }),
    object('ConfigMap/web', { 'data.conf': 'user: web\npassword: Zk81pQw90LmnX\n' }),
    object('ConfigMap/web', { 'data.key': `-----BEGIN RSA ${'PRIVATE KEY'}-----\nMIIE` }),
    object('Deployment/web', { 'metadata.annotations': { note: `glpat-${'aB3dE6gH9j'.repeat(2)}` } }),
  ],
};
