import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * etcd and kube-apiserver on free ports of this machine, with their data in a temporary folder: what envtest starts
 * (https://book.kubebuilder.io/reference/envtest). There are no controllers: nobody makes a namespace's ServiceAccount,
 * a Deployment's pods, or ends the deletion of a namespace.
 */
export class ControlPlane {
  /** Where kubectl reads how to reach it, as its administrator. */
  readonly kubeconfig: string;
  readonly #dir: string;
  readonly #processes: ChildProcess[] = [];

  private constructor(dir: string) {
    this.#dir = dir;
    this.kubeconfig = join(dir, 'kubeconfig');
  }

  /**
   * It goes with `stop`, or at the latest when this process says 'exit'. The server answers a moment later.
   * @param assets a folder with kube-apiserver, and with etcd where PATH has none
   * @throws {Error} with the last words of the one that does not come up
   */
  static async start(assets: string): Promise<ControlPlane> {
    const [etcd, server] = [programIn('etcd', assets), programIn('kube-apiserver', assets)];
    const dir = await mkdtemp(join(tmpdir(), 'slipway-cluster-'));
    const plane = new ControlPlane(dir);
    process.once('exit', () => plane.#end());

    const [client, peer, secure] = (await freePorts(3)).map(String) as [string, string, string];
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(join(dir, 'accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    await writeFile(join(dir, 'accounts.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(join(dir, 'tokens.csv'), 'administrator,administrator,administrator,system:masters\n');
    await writeFile(plane.kubeconfig, JSON.stringify(kubeconfig(`https://127.0.0.1:${secure}`, dir)));

    const store = `http://127.0.0.1:${client}`;
    const peers = `http://127.0.0.1:${peer}`;
    plane.#run(etcd, {
      'data-dir': join(dir, 'etcd'),
      'listen-client-urls': store,
      'advertise-client-urls': store,
      'listen-peer-urls': peers,
      'initial-advertise-peer-urls': peers,
      'initial-cluster': `default=${peers}`,
      'unsafe-no-fsync': 'true',
    });
    plane.#run(server, {
      // As every cluster does where an agent runs; without it the server refuses privileged containers by itself.
      'allow-privileged': 'true',
      'authorization-mode': 'RBAC',
      'bind-address': '127.0.0.1',
      'cert-dir': join(dir, 'certificates'),
      'endpoint-reconciler-type': 'none',
      'etcd-servers': store,
      'secure-port': secure,
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': join(dir, 'accounts.pub'),
      'service-account-signing-key-file': join(dir, 'accounts.key'),
      'service-cluster-ip-range': '10.96.0.0/16',
      'token-auth-file': join(dir, 'tokens.csv'),
    });
    try {
      await until(() => plane.#certified(), 'kube-apiserver does not come up');
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  /** Whether the server has made its certificate, without which kubectl does not start. */
  async #certified(): Promise<boolean> {
    const fault = this.fault();
    if (fault !== undefined) throw new Error(fault);
    return existsSync(certificateIn(this.#dir));
  }

  /** What one of its processes that ended by itself said at last; undefined while both run. */
  fault(): string | undefined {
    const ended = this.#processes.find(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
    if (!ended) return undefined;
    const name = nameOf(ended);
    return `${name} ended by itself: ${readFileSync(join(this.#dir, `${name}.log`), 'utf8').slice(-2000)}`;
  }

  /** Ends both and removes what they stored. */
  async stop(): Promise<void> {
    const running = this.#processes.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = running.map((child) => once(child, 'exit'));
    for (const child of running) {
      child.ref();
      child.kill('SIGKILL');
    }
    await Promise.all(ended);
    this.#end();
  }

  #run(program: string, flags: Readonly<Record<string, string>>): void {
    const log = openSync(join(this.#dir, `${basename(program)}.log`), 'w');
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    // Whoever forgets to stop it still comes to an end, and it with him.
    child.unref();
    this.#processes.push(child);
    closeSync(log);
  }

  /** Nothing of it is worth an orderly end. */
  #end(): void {
    for (const child of this.#processes) child.kill('SIGKILL');
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

const certificateIn = (dir: string) => join(dir, 'certificates', 'apiserver.crt');
const nameOf = ({ spawnfile }: ChildProcess) => basename(spawnfile);

/** Distributions package etcd, and a server that was built by hand comes without one. */
function programIn(name: string, assets: string): string {
  const found = [assets, ...(process.env.PATH ?? '').split(delimiter)].find((dir) => existsSync(join(dir, name)));
  if (found === undefined) throw new Error(`KUBEBUILDER_ASSETS: ${assets} has no ${name}, and neither has PATH`);
  return join(found, name);
}

const kubeconfig = (server: string, dir: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'test', cluster: { server, 'certificate-authority': certificateIn(dir) } }],
  users: [{ name: 'test', user: { token: 'administrator' } }],
  contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  'current-context': 'test',
});

/** Ports that nobody listens on; all are held until the last is found, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/**
 * Asks five times a second.
 * @throws {Error} with a sentence when it does not hold after a minute
 */
export async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (let left = 300; left > 0; left--) {
    if (await holds()) return;
    await sleep(200);
  }
  throw new Error(otherwise);
}
