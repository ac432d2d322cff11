import { basename } from 'node:path';
import type { Blame } from './blame.ts';
import { guardReads } from './reads.ts';
import { trap, trapAllBut } from './traps.ts';

// Hashes and what only checks or derives: the same bytes in, the same bytes out.
const computes =
  /^(hash|createHash|createHmac|Hash|Hmac|getHashes|getCurves|getCiphers|pbkdf2|scrypt|hkdf|timingSafeEqual|verify|createVerify|create(Public|Private|Secret)Key|KeyObject|X509Certificate|digest|importKey|exportKey|derive(Key|Bits))(Sync)?$/;

/**
 * Gives the traps of one of Node's own modules. They are set when somebody first asks for that module, so that a render
 * that never does pays nothing; the module's named exports are bound after that and therefore are the traps as well.
 * @returns a function of the module's name without `node:`
 */
export function builtinTraps(blame: Blame, dir: string): (name: string) => void {
  // Not imported: an import would bind the named exports before they are trapped.
  const get = process.getBuiltinModule as (name: string) => Record<string, never>;
  const done = new Set<string>();

  const connections = (): void => {
    const { Socket, Server } = get('node:net') as unknown as Record<string, { prototype: object }>;
    trap(blame, Socket?.prototype, ['connect'], 'opens a network connection');
    trap(blame, Server?.prototype, ['listen'], 'listens on the network');
  };
  const prepare: Record<string, () => void> = {
    child_process() {
      // Node's permissions would refuse too, but say nothing of the arguments: cdk8s reads files by a program.
      const starters = ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'];
      trap(blame, get('node:child_process'), starters, (args) => `starts a program (${commandLine(args)})`);
    },
    crypto() {
      trapAllBut(blame, get('node:crypto'), computes, 'draws random bytes', 'crypto.');
    },
    dgram() {
      const { Socket } = get('node:dgram') as unknown as Record<string, { prototype: object }>;
      trap(blame, Socket?.prototype, ['bind', 'connect', 'send'], 'reaches the network', 'dgram.');
    },
    dns() {
      const dns = get('node:dns') as unknown as Record<string, { prototype: object }>;
      for (const names of [dns, dns.promises, dns.Resolver?.prototype]) {
        trap(blame, names, lookups(names), 'looks a name up in the network', 'dns.');
      }
    },
    fs: () => guardReads(blame, dir, get('node:fs')),
    os() {
      const same = /^(platform|type|arch|endianness|tmpdir)$/;
      trapAllBut(blame, get('node:os'), same, 'asks which machine it is on', 'os.');
    },
    net: connections,
  };
  const parts: Record<string, readonly string[]> = {
    'dns/promises': ['dns'],
    'fs/promises': ['fs'],
    http: ['net'],
    https: ['net'],
    http2: ['net'],
    tls: ['net'],
  };

  return (name) => {
    for (const part of parts[name] ?? [name]) {
      if (done.has(part)) continue;
      done.add(part);
      prepare[part]?.();
    }
  };
}

const commandLine = (args: readonly unknown[]): string =>
  args
    .slice(0, 2)
    .flat()
    .filter((word) => typeof word === 'string')
    .map((word, index, all) => (index + 1 < all.length ? basename(word) : word))
    .join(' ');

const lookups = (names: object | undefined) =>
  Object.keys(names ?? {}).filter((name) => /^(lookup|resolve|reverse)/.test(name));
