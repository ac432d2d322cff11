import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import type { Stack } from '../aws/stacks.ts';
import type { ClusterFile } from '../bootstrap/eks.ts';
import { tools } from '../bootstrap/tools.ts';
import { Git } from '../git/git.ts';
import type { Manifest } from '../model/manifest.ts';
import { Refusal } from '../model/refusal.ts';
import type { Makers } from './bootstrap-target.ts';
import type { Context } from './context.ts';
import type { Scope } from './sandbox.fixture.ts';

// ── The world that the stand-ins keep ──

interface StoredStack {
  status: string;
  /** So many questions are answered with `busy` first. */
  busy?: { left: number; status: string } | undefined;
  content: string;
  /** The template and its parameters as they were given. */
  given?: GivenStack;
  changeSet?: StoredSet | undefined;
  /** Change sets that are only looked at, by name. */
  plans?: Record<string, StoredSet | undefined>;
}

interface GivenStack {
  text: string;
  parameters: object[];
}

interface StoredSet {
  type: string;
  content: string;
  asked: number;
  given?: GivenStack;
}

interface StoredCluster extends Record<string, unknown> {
  status: string;
  version: string;
  left: number;
  /** `name version`. */
  addons: string[];
  accessEntries: string[];
  podIdentities: string[];
  nodeGroups: string[];
  logging: string[];
  publicAccessCidrs: string[];
  zonalShift: boolean;
}

/** What is there: in AWS, and on the cluster. */
export interface World {
  account: string;
  arn: string;
  /** Actions that the simulation denies. */
  denied: string[];
  versions: Record<string, string>;
  stacks: Record<string, StoredStack>;
  /** What the next change set of an existing stack would do. */
  changes: object[];
  cluster: StoredCluster | undefined;
  objects: Record<string, Manifest>;
  /** Applications that never come right. */
  ill: string[];
  server: string;
  contexts: string[];
  /** What somebody did past the files. */
  byHand: ByHand;
}

interface ByHand {
  /** Fields of the cluster, as EKS tells them. */
  cluster: object;
  /** Access entries, by their principals. */
  entries: Record<string, object>;
  /** Settings of add-ons, and roles of pods, by their names. */
  settings: Record<string, string>;
  roles: Record<string, string>;
  /** What CloudFormation finds, by stack; a text is why it could not look. */
  drifts: Record<string, object[] | string>;
  /** What runs Argo CD. */
  argoCd: string;
}

export const freshWorld = (): World => ({
  account: '123456789012',
  arn: 'arn:aws:sts::123456789012:assumed-role/platform/somebody',
  denied: [],
  versions: Object.fromEntries(Object.entries(tools).map(([name, { version }]) => [name, version])),
  stacks: {},
  changes: [],
  cluster: undefined,
  objects: {},
  ill: [],
  server: '1.36',
  contexts: ['kind-home'],
  byHand: { cluster: {}, entries: {}, settings: {}, roles: {}, drifts: {}, argoCd: 'quay.io/argoproj/argocd:v9.9.9' },
});

/** How one call goes wrong: it fails before it did anything, or after; or it never ends. */
export interface Fault {
  /** From 1 on. */
  readonly at: number;
  readonly how: 'before' | 'after' | 'hang';
}

interface Answer {
  readonly code?: number;
  readonly out?: unknown;
  readonly err?: string;
  readonly mutates?: true;
}

export interface Call {
  readonly words: readonly string[];
  readonly stdin: string;
  readonly mutates: boolean;
}

/** Stand-ins of aws, eksctl and kubectl, in a folder for the PATH. They know their arguments, and refuse any other. */
export class StandIns {
  world: World = freshWorld();
  fault: Fault | undefined;
  calls: Call[] = [];
  readonly dir: string;
  /** Somebody waits for a call that hangs. */
  hanging: (() => void) | undefined;

  constructor(dir: string) {
    this.dir = dir;
  }

  static async start(t: Scope): Promise<StandIns> {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-stand-ins-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    const made = new StandIns(dir);
    const server = createServer({ allowHalfOpen: true }, (socket) => made.#serve(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    for (const name of ['aws', 'eksctl', 'kubectl']) {
      await writeFile(join(dir, name), standIn(port));
      await chmod(join(dir, name), 0o755);
    }
    return made;
  }

  /** Forgets what was called, and gives the next run a fault or none. */
  begin(fault?: Fault): void {
    this.calls = [];
    this.fault = fault;
  }

  #serve(socket: Socket): void {
    const chunks: Buffer[] = [];
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (chunk.at(-1) !== 4) return;
      const [words = '', stdin = ''] = String(Buffer.concat(chunks)).slice(0, -1).split('\u0001');
      const { code = 0, out = '', err = '' } = this.#answer(words.split('\0').slice(0, -1), stdin);
      if (this.fault?.how === 'hang' && this.calls.length === this.fault.at) return void this.hanging?.();
      const text = typeof out === 'string' ? out : JSON.stringify(out);
      socket.end(`${code}\n${oneLine(text)}\n${oneLine(err)}\n`);
    });
  }

  #answer(words: readonly string[], stdin: string): Answer {
    const fault = this.fault?.at === this.calls.length + 1 ? this.fault : undefined;
    const broken = { code: 70, err: 'the connection broke' };
    if (fault && fault.how !== 'after') {
      this.calls.push({ words, stdin, mutates: false });
      return broken;
    }
    const answer = (() => {
      try {
        const [program, ...args] = words;
        if (program === 'aws') return aws(this.world, args, stdin);
        return program === 'eksctl' ? eksctl(this.world, args, stdin) : kubectl(this.world, args, stdin);
      } catch (error) {
        if (!(error instanceof Unknown)) throw error;
        return { code: 64, err: `the stand-in does not know ${JSON.stringify(words)}: ${error.message}` };
      }
    })();
    this.calls.push({ words, stdin, mutates: answer.mutates === true });
    return fault ? broken : answer;
  }
}

/** A text for `printf %b`. */
const oneLine = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/** It takes its words and standard input elsewhere, and says what it is told there: a Node for each call would take minutes. */
const standIn = (port: number) => `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/${port}
printf '%s\\0' "\${0##*/}" "$@" >&3
printf '\\1' >&3
# Whoever is told a path opens it, as the real ones do.
case " $* " in *' - '*) cat >&3 ;; */dev/stdin*) cat /dev/stdin >&3 ;; esac
printf '\\4' >&3
IFS= read -r code <&3 || exit 71
IFS= read -r out <&3
IFS= read -r err <&3
printf '%b' "$out"
printf '%b' "$err" >&2
exit "$code"
`;

class Unknown extends Error {}

/** The options of a call, of which each must be known: `name` takes a value, `name[]` several, `name!` none. */
function options(
  args: readonly string[],
  known: readonly string[],
): Record<string, string> & { list: Record<string, string[]> } {
  const found: Record<string, string> = {};
  const list: Record<string, string[]> = {};
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    const inline = /^(--[\w-]+)=(.*)$/s.exec(word);
    const name = inline?.[1] ?? word;
    if (known.includes(`${name}!`) && !inline) found[name] = 'true';
    else if (known.includes(name)) found[name] = inline?.[2] ?? args[++at] ?? '';
    else if (known.includes(`${name}[]`)) {
      const values = [];
      while (args[at + 1] !== undefined && !(args[at + 1] as string).startsWith('--'))
        values.push(args[++at] as string);
      list[name] = values;
    } else throw new Unknown(word);
  }
  return Object.assign(found, { list });
}

const regional = ['--region', '--output', '--no-cli-pager!'];
const awsError = (code: string, message: string): Answer => ({
  code: 254,
  err: `An error occurred (${code}) when calling an operation: ${message}`,
});

function aws(world: World, args: readonly string[], stdin: string): Answer {
  if (args[0] === '--version') return { out: `aws-cli/${world.versions.aws} Python/3.13.0 Linux/6.1 exe/x86_64` };
  const [service, verb = '', ...rest] = args;
  if (service === 'sts' && verb === 'get-caller-identity') {
    options(rest, regional);
    return { out: { UserId: 'X', Account: world.account, Arn: world.arn } };
  }
  if (service === 'iam') return iam(world, verb, rest);
  if (service === 'eks') return eks(world, verb, rest);
  if (service === 'cloudformation') return formation(world, verb, rest, stdin);
  throw new Unknown(`${service} ${verb}`);
}

function iam(world: World, verb: string, rest: readonly string[]): Answer {
  if (verb === 'get-role') {
    const { '--role-name': name } = options(rest, [...regional, '--role-name']);
    return { out: { Role: { Arn: `arn:aws:iam::${world.account}:role/team/${name}` } } };
  }
  if (verb !== 'simulate-principal-policy') throw new Unknown(verb);
  const given = options(rest, [
    ...regional,
    '--policy-source-arn',
    '--action-names[]',
    '--resource-arns[]',
    '--context-entries',
  ]);
  if (!given['--policy-source-arn']?.startsWith(`arn:aws:iam::${world.account}:role/team/platform`))
    throw new Unknown('its ARN');
  return {
    out: {
      EvaluationResults: given.list['--action-names']?.map((action) => ({
        EvalActionName: action,
        EvalResourceName: given.list['--resource-arns']?.[0],
        EvalDecision: world.denied.includes(action) ? 'implicitDeny' : 'allowed',
      })),
    },
  };
}

const named: Readonly<Record<string, readonly string[]>> = {
  'describe-access-entry': ['--principal-arn'],
  'list-associated-access-policies': ['--principal-arn'],
  'describe-pod-identity-association': ['--association-id'],
};

function eks(world: World, verb: string, rest: readonly string[]): Answer {
  if (verb === 'update-kubeconfig') {
    options(rest, ['--name', '--region', '--kubeconfig', '--alias']);
    return world.cluster ? { out: 'Updated context' } : awsError('ResourceNotFoundException', 'No cluster found');
  }
  const known =
    verb === 'describe-cluster'
      ? ['--name']
      : ['--cluster-name', ...({ 'describe-addon': ['--addon-name'], ...named }[verb] ?? [])];
  const given = options(rest, [...regional, ...known]);
  const { '--addon-name': addon, '--principal-arn': principal = '', '--association-id': id = '' } = given;
  const { cluster, byHand } = world;
  if (!cluster) return awsError('ResourceNotFoundException', 'No cluster found for name: prod.');
  switch (verb) {
    case 'describe-cluster': {
      if (cluster.left > 0) cluster.left--;
      else cluster.status = 'ACTIVE';
      const { status, version, logging, publicAccessCidrs, zonalShift } = cluster;
      return {
        out: {
          cluster: {
            ...{ name: 'prod', status, version, zonalShiftConfig: { enabled: zonalShift } },
            logging: { clusterLogging: [{ types: logging, enabled: true }] },
            resourcesVpcConfig: { endpointPublicAccess: true, endpointPrivateAccess: true, publicAccessCidrs },
            ...byHand.cluster,
          },
        },
      };
    }
    case 'list-addons':
      return { out: { addons: cluster.addons.map((addon) => addon.split(' ')[0]) } };
    case 'describe-addon': {
      const [, addonVersion] = cluster.addons.find((one) => one.startsWith(`${addon} `))?.split(' ') ?? [];
      return {
        out: { addon: { addonName: addon, addonVersion, configurationValues: byHand.settings[String(addon)] } },
      };
    }
    case 'list-access-entries':
      return { out: { accessEntries: [...new Set([...cluster.accessEntries, ...Object.keys(byHand.entries)])] } };
    case 'describe-access-entry':
      return {
        out: {
          accessEntry: {
            principalArn: principal,
            type: 'STANDARD',
            kubernetesGroups: [],
            ...byHand.entries[principal],
          },
        },
      };
    case 'list-associated-access-policies': {
      const policies = eksctlFile.accessConfig.accessEntries[0]?.accessPolicies.map(({ policyARN, accessScope }) => ({
        policyArn: policyARN,
        accessScope,
      }));
      const { associatedAccessPolicies = policies } = (byHand.entries[principal] ?? {}) as Record<string, object>;
      return { out: { associatedAccessPolicies } };
    }
    case 'describe-pod-identity-association': {
      const [namespace, serviceAccount] = id.split('/');
      const roleArn = byHand.roles[id] ?? 'arn:aws:iam::123456789012:role/team/runner';
      return { out: { association: { namespace, serviceAccount, roleArn } } };
    }
    case 'list-nodegroups':
      return { out: { nodegroups: cluster.nodeGroups } };
    case 'list-pod-identity-associations':
      return {
        out: {
          associations: cluster.podIdentities.map((name) => {
            const [namespace, serviceAccount] = name.split('/');
            return { namespace, serviceAccount, associationId: name };
          }),
        },
      };
  }
  throw new Unknown(verb);
}

function formation({ stacks, changes, byHand }: World, verb: string, rest: readonly string[], stdin: string): Answer {
  const known = [
    '--stack-name',
    '--change-set-name',
    '--max-items',
    '--change-set-type',
    '--template-body',
    '--parameters',
    '--stack-drift-detection-id',
    '--template-stage',
  ];
  const lists = ['--capabilities[]', '--tags[]', '--stack-resource-drift-status-filters[]'];
  const given = options(rest, [...regional, ...known, ...lists]);
  const { '--stack-name': name = '', '--change-set-type': type = '', '--change-set-name': setName = '' } = given;
  const stack = stacks[name];
  const executed = setName === 'slipway-bootstrap';
  const setThere = executed ? stack?.changeSet : stack?.plans?.[setName];
  const keep = (set: StoredSet | undefined) => {
    if (!stack) return;
    if (executed) stack.changeSet = set;
    else stack.plans = { ...stack.plans, [setName]: set };
  };
  const gone = awsError('ValidationError', `Stack [${name}] does not exist`);
  switch (verb) {
    case 'describe-stacks': {
      if (!stack) return awsError('ValidationError', `Stack with id ${name} does not exist`);
      if (stack.busy && stack.busy.left-- > 0) return { out: { Stacks: [{ StackStatus: stack.busy.status }] } };
      stack.busy = undefined;
      if (stack.status !== 'DELETE_COMPLETE')
        return { out: { Stacks: [{ StackStatus: stack.status, Parameters: stack.given?.parameters }] } };
      delete stacks[name];
      return awsError('ValidationError', `Stack with id ${name} does not exist`);
    }
    case 'get-template':
      return { out: { TemplateBody: stack?.given?.text, StagesAvailable: [given['--template-stage']] } };
    case 'detect-stack-drift':
      return { out: { StackDriftDetectionId: name } };
    case 'describe-stack-drift-detection-status': {
      const found = byHand.drifts[given['--stack-drift-detection-id'] ?? ''];
      return {
        out:
          typeof found === 'string'
            ? { DetectionStatus: 'DETECTION_FAILED', DetectionStatusReason: found }
            : { DetectionStatus: 'DETECTION_COMPLETE' },
      };
    }
    case 'describe-stack-resource-drifts':
      return { out: { StackResourceDrifts: byHand.drifts[name] ?? [] } };
    case 'describe-stack-events':
      return {
        out: {
          StackEvents: [
            {
              LogicalResourceId: 'Other',
              ResourceStatus: 'CREATE_FAILED',
              ResourceStatusReason: 'Resource creation cancelled',
            },
            {
              LogicalResourceId: 'Network',
              ResourceStatus: 'CREATE_FAILED',
              ResourceStatusReason: 'too many networks',
            },
          ],
        },
      };
    case 'delete-stack':
      if (stack) Object.assign(stack, { status: 'DELETE_COMPLETE', busy: { left: 1, status: 'DELETE_IN_PROGRESS' } });
      return { mutates: true };
    case 'create-change-set': {
      if (given['--template-body'] !== 'file:///dev/stdin' || stdin.trim() === '') throw new Unknown('its template');
      if (setThere) return awsError('AlreadyExistsException', 'ChangeSet already exists');
      if (type === 'UPDATE' && !stack) return gone;
      if (type === 'CREATE' && stack && stack.status !== 'REVIEW_IN_PROGRESS')
        return awsError('ValidationError', `Stack [${name}] already exists and cannot be created again`);
      const content = JSON.stringify([
        stdin,
        given['--parameters'],
        given.list['--capabilities'],
        given.list['--tags'],
      ]);
      // Whoever may only look may not tag, and makes no stack.
      if (!executed && (type !== 'UPDATE' || given.list['--tags'])) throw new Unknown('who looks');
      const set = {
        ...{ type, content, asked: 0 },
        given: { text: stdin, parameters: JSON.parse(given['--parameters'] ?? '[]') },
      };
      if (stack) keep(set);
      else stacks[name] = { status: 'REVIEW_IN_PROGRESS', content: '', changeSet: set };
      return { out: { Id: 'arn' }, mutates: true };
    }
    case 'describe-change-set': {
      const set = setThere;
      if (!stack) return gone;
      if (!set) return awsError('ChangeSetNotFound', 'ChangeSet [slipway-bootstrap] does not exist');
      if (set.asked++ === 0) return { out: { Status: 'CREATE_PENDING', ExecutionStatus: 'UNAVAILABLE' } };
      const same = executed ? stack.content : JSON.stringify([...JSON.parse(stack.content).slice(0, 3), undefined]);
      if (set.type === 'UPDATE' && set.content === same)
        return { out: { Status: 'FAILED', StatusReason: "The submitted information didn't contain changes." } };
      const first = [
        { ResourceChange: { Action: 'Add', LogicalResourceId: 'Network', ResourceType: 'AWS::EC2::VPC' } },
      ];
      return {
        out: {
          Status: 'CREATE_COMPLETE',
          ExecutionStatus: 'AVAILABLE',
          Changes: set.type === 'CREATE' ? first : changes,
        },
      };
    }
    case 'delete-change-set':
      keep(undefined);
      return { mutates: true };
    case 'execute-change-set': {
      const set = stack?.changeSet;
      if (!stack || !set) return gone;
      const verb = set.type === 'CREATE' ? 'CREATE' : 'UPDATE';
      stacks[name] = {
        ...{ status: `${verb}_COMPLETE`, content: set.content, ...(set.given ? { given: set.given } : {}) },
        busy: { left: 1, status: `${verb}_IN_PROGRESS` },
      };
      return { mutates: true };
    }
  }
  throw new Unknown(verb);
}

function eksctl(world: World, args: readonly string[], stdin: string): Answer {
  if (args.length === 1 && args[0] === 'version') return { out: `${world.versions.eksctl}\n` };
  const [verb, noun, ...rest] = args;
  const file = (stdin === '' ? {} : load(stdin)) as Record<string, never>;
  const name = `${verb} ${noun}`;
  if (name === 'create cluster') {
    options(rest, ['-f', '--write-kubeconfig']);
    if (world.cluster) return { code: 1, err: 'Error: cluster "prod" already exists' };
    world.cluster = clusterOf(file);
    return { mutates: true };
  }
  const { cluster } = world;
  if (!cluster) return { code: 1, err: 'Error: no such cluster' };
  if (name === 'upgrade cluster') {
    const { '--version': version = '' } = options(rest, ['--name', '--region', '--version', '--approve!']);
    if (Number(version.slice(2)) !== Number(cluster.version.slice(2)) + 1)
      return { code: 1, err: 'Error: one at a time' };
    Object.assign(cluster, { version, status: 'UPDATING', left: 1 });
    return { mutates: true };
  }
  options(rest, [
    '-f',
    ...(noun === 'addon' ? ['--wait!'] : []),
    ...(/logging|vpc/.test(noun ?? '') ? ['--approve!'] : []),
  ]);
  const whole = clusterOf(file);
  const fields: Readonly<Record<string, keyof StoredCluster & string>> = {
    'create nodegroup': 'nodeGroups',
    'create addon': 'addons',
    'create accessentry': 'accessEntries',
    'create podidentityassociation': 'podIdentities',
    'utils update-cluster-logging': 'logging',
    'utils update-cluster-vpc-config': 'publicAccessCidrs',
    'utils update-zonal-shift-config': 'zonalShift',
  };
  if (name === 'update addon') {
    const given = whole.addons.map((addon) => addon.split(' ')[0]);
    cluster.addons = [
      ...cluster.addons.filter((addon) => !given.includes(addon.split(' ')[0])),
      ...whole.addons,
    ].sort();
    return { mutates: true };
  }
  const field = fields[name];
  if (field === undefined) throw new Unknown(name);
  if (verb === 'utils') cluster[field] = whole[field];
  else {
    const [there, more] = [cluster[field], whole[field]] as [string[], string[]];
    if (more.some((one) => there.includes(one))) return { code: 1, err: 'Error: it exists already' };
    cluster[field] = [...there, ...more].sort();
  }
  return { mutates: true };
}

/** A stack that was deployed from a template. */
export function deployedStack(text: string, { parameters, capabilities }: Stack): StoredStack {
  const given = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
  const named = capabilities.length > 0 ? capabilities : undefined;
  return {
    status: 'CREATE_COMPLETE',
    content: JSON.stringify([text, JSON.stringify(given), named, undefined]),
    given: { text, parameters: given },
  };
}

/** The cluster that eksctl makes of a file. */
export function clusterOf(file: object): StoredCluster {
  const { metadata, addons, accessConfig, iam, managedNodeGroups, cloudWatch, vpc, zonalShiftConfig } =
    file as typeof eksctlFile;
  return {
    ...{ status: 'ACTIVE', version: metadata.version, left: 0 },
    addons: (addons ?? []).map(({ name, version }) => `${name} ${version ?? 'chosen'}`).sort(),
    accessEntries: (accessConfig?.accessEntries ?? []).map(({ principalARN }) => principalARN),
    podIdentities: (iam?.podIdentityAssociations ?? []).map((one) => `${one.namespace}/${one.serviceAccountName}`),
    nodeGroups: (managedNodeGroups ?? []).map(({ name }) => name),
    logging: [...(cloudWatch?.clusterLogging.enableTypes ?? [])],
    publicAccessCidrs: [...(vpc?.publicAccessCIDRs ?? [])],
    zonalShift: zonalShiftConfig?.enabled ?? false,
  };
}

function kubectl(world: World, args: readonly string[], stdin: string): Answer {
  const words = [...args];
  let way: string | undefined;
  if (words[0] === '--kubeconfig' || words[0] === '--context') way = words.splice(0, 2).join(' ');
  const [verb = '', ...rest] = words;
  if (verb === 'version' && rest[0] === '--client')
    return { out: { clientVersion: { gitVersion: `v${world.versions.kubectl}` } } };
  const known = [...world.contexts.map((name) => `--context ${name}`)];
  const written = world.cluster && /^--kubeconfig \.slipway\/bootstrap\/[a-z]+\.kubeconfig$/.test(way ?? '');
  if (way === undefined || !(written || known.includes(way)))
    return { code: 1, err: `error: context ${JSON.stringify(way)} does not exist` };
  if (verb === 'version') {
    options(rest, ['--output']);
    const [major, minor] = world.server.split('.');
    return { out: { serverVersion: { major, minor, gitVersion: `v${world.server}.1` } } };
  }
  if (verb === 'diff' || verb === 'apply') {
    const given = options(rest, ['--server-side!', '--force-conflicts!', '--field-manager', '-f']);
    if (given['--field-manager'] !== 'slipway' || given['-f'] !== '-') throw new Unknown('who applies');
    return take(world, verb, loadAll(stdin) as Manifest[]);
  }
  if (verb === 'wait' || verb === 'rollout') {
    const named = rest.filter((word) => word.includes('/'));
    options(
      rest.filter((word) => !word.includes('/') && word !== 'status'),
      ['--for', '--timeout', '--namespace'],
    );
    const lost = named.find(
      (name) => !Object.keys(world.objects).some((key) => key.toLowerCase().endsWith(name.replace('/', ' '))),
    );
    return lost === undefined ? {} : { code: 1, err: `Error from server (NotFound): ${lost} not found` };
  }
  if (verb !== 'get') throw new Unknown(verb);
  if (rest[0] === 'secret') {
    options(rest.slice(2), ['--namespace', '--ignore-not-found!', '--output']);
    return { out: world.objects[`argocd Secret ${rest[1]}`] ?? '' };
  }
  if (rest[0] === 'deployments,statefulsets') {
    options(rest.slice(1), ['--namespace', '--output']);
    const containers = [{ name: 'server', image: world.byHand.argoCd }];
    const items = Object.values(world.objects)
      .filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind))
      .map(() => ({ spec: { template: { spec: { containers } } } }));
    return { out: { items } };
  }
  if (rest[0] !== 'applications.argoproj.io') throw new Unknown(String(rest[0]));
  options(rest.slice(1), ['--all-namespaces!', '--output']);
  return { out: { items: applications(world) } };
}

/** Argo CD brings others as soon as it has the first: one of the platform's own, and an app of an environment. */
function applications({ objects, ill }: World): object[] {
  if (!objects['argocd Application platform']) return [];
  const places = { platform: 'argocd', classes: 'argocd-platform-home', redis: 'argocd-home' };
  return Object.entries(places).map(([name, namespace]) => ({
    metadata: { name, namespace },
    status: ill.includes(name)
      ? { sync: { status: 'OutOfSync' }, health: { status: 'Degraded' } }
      : { sync: { status: 'Synced' }, health: { status: 'Healthy' } },
  }));
}

/** Server-side apply, or what it would do. */
function take(world: World, verb: 'diff' | 'apply', manifests: readonly Manifest[]): Answer {
  let differs = false;
  const next = { ...world.objects };
  const refused = (message: string) => ({ code: verb === 'diff' ? 2 : 1, err: message });
  for (const given of manifests) {
    const { kind, metadata, stringData, ...others } = given as Manifest & { stringData?: Record<string, string> };
    const namespace = metadata.namespace === undefined ? '' : `${metadata.namespace} `;
    if (namespace && !next[`Namespace ${metadata.namespace}`])
      return refused(`Error from server (NotFound): namespaces "${metadata.namespace}" not found`);
    if (given.apiVersion.startsWith('argoproj.io/') && !next['CustomResourceDefinition applications.argoproj.io'])
      return refused(`error: no matches for kind "${kind}" in version "${given.apiVersion}"`);
    const data = stringData && {
      data: Object.fromEntries(
        Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    };
    const stored = { kind, metadata, ...others, ...data } as Manifest;
    const key = `${namespace}${kind} ${metadata.name}`;
    if (JSON.stringify(next[key]) !== JSON.stringify(stored)) differs = true;
    // What needs another object sees it at once on the server, and not in a mere comparison.
    if (verb === 'apply' || next[key]) next[key] = stored;
  }
  if (verb === 'diff') return { code: differs ? 1 : 0 };
  world.objects = next;
  return { mutates: true };
}

// ── The repository ──

const eksctlFile = {
  apiVersion: 'eksctl.io/v1alpha5',
  kind: 'ClusterConfig',
  metadata: { name: 'prod', region: 'eu-central-1', version: '1.36' },
  accessConfig: {
    bootstrapClusterCreatorAdminPermissions: false,
    accessEntries: [
      {
        principalARN: 'arn:aws:iam::123456789012:role/team/platform',
        accessPolicies: [
          {
            policyARN: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
            accessScope: { type: 'cluster' },
          },
        ],
      },
    ],
  },
  addons: [{ name: 'metrics-server', version: 'v0.8.1-eksbuild.11' }, { name: 'kube-state-metrics' }] as {
    name: string;
    version?: string;
  }[],
  iam: {
    podIdentityAssociations: [
      {
        ...{ namespace: 'ci', serviceAccountName: 'runner' },
        roleARN: 'arn:aws:iam::123456789012:role/team/runner',
      },
    ],
  },
  managedNodeGroups: [{ name: 'arm' }],
  cloudWatch: { clusterLogging: { enableTypes: ['audit', 'api'] } },
  vpc: { publicAccessCIDRs: ['10.1.0.0/16'] },
  zonalShiftConfig: { enabled: true },
};

const template = 'Resources:\n  Network: { Type: "AWS::EC2::VPC" }\n';

export const environmentsOf = (changed: { account?: string; repository?: string; scope?: string } = {}) => `
export const repository = '${changed.repository ?? 'https://gitlab.com/acme/slipway.git'}';
const base = { registries: ['registry.gitlab.com/acme'], storage: 'gp3', namespaces: {} };
export const clusters = [
  { ...base, name: 'prod', profile: 'eks', aws: { account: '${changed.account ?? '123456789012'}', region: 'eu-central-1', operators: ['10.1.0.0/16'] } },
  { ...base, name: 'bare', profile: 'eks' },
  { ...base, name: 'home', profile: 'local' },
];
const small = { replicas: 1, resources: { cpu: '50m', memory: '64Mi' }, soak: '1m' };
export const environments = [
  { ...small, name: 'platform-home', cluster: 'home', scope: '${changed.scope ?? 'cluster'}', domain: 'home.localhost' },
  { ...small, name: 'platform-prod', cluster: 'prod', scope: '${changed.scope ?? 'cluster'}', domain: 'prod.acme.dev', production: true },
];
`;

const manifest = (apiVersion: string, kind: string, name: string, more: object = {}, namespace?: string) =>
  `${JSON.stringify({ apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) }, ...more })}\n`;

/** What Argo CD's manifest is here. */
export const installText = [
  manifest('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'applications.argoproj.io'),
  manifest('v1', 'ConfigMap', 'argocd-cm', { data: { from: 'the release' } }),
  manifest('rbac.authorization.k8s.io/v1', 'ClusterRole', 'argocd-server'),
  manifest('apps/v1', 'StatefulSet', 'argocd-application-controller'),
  manifest('apps/v1', 'Deployment', 'argocd-server'),
].join('---\n');

const sha256 = createHash('sha256').update(installText).digest('hex');
const pinned = { url: 'https://127.0.0.1:1/install.yaml', sha256 };

/** What is made here: two small stacks, a cluster of the file's fields, and an Argo CD of five objects. */
export const makers: Makers = {
  stacksOf: ({ name }) =>
    ['network', 'backup'].map((stack) => ({
      name: `slipway-${name}-${stack}`,
      file: `clusters/aws/${stack}.yaml`,
      parameters: { Cluster: name },
      capabilities: stack === 'backup' ? ['CAPABILITY_NAMED_IAM'] : [],
      region: 'eu-central-1',
      tags: { slipway: name },
    })),
  eksctlOf: (text) => {
    const config = load(text) as ClusterFile;
    return { config: config as ReturnType<Makers['eksctlOf']>['config'], text };
  },
  bootstrapActions: () => [
    { actions: ['eks:CreateCluster', 'eks:DescribeCluster'], resources: ['*'] },
    { actions: ['s3:CreateBucket'], resources: ['arn:aws:s3:::*'], context: { 'aws:RequestTag/slipway': 'prod' } },
  ],
  argoCdRelease: { version: '9.9.9', ha: pinned, single: pinned },
};

export function installation(text: string): readonly Manifest[] {
  if (createHash('sha256').update(text).digest('hex') !== sha256) throw new Refusal('another checksum');
  return loadAll(text) as Manifest[];
}

export interface Repository {
  readonly dir: string;
  readonly context: Context;
  /** Argo CD's manifest, as it was fetched elsewhere. */
  readonly argoCd: string;
  readonly said: string[];
  commit(files: Readonly<Record<string, string>>): Promise<void>;
}

/** A repository with a cluster of each kind, and a remote where the parts argocd stand. */
export async function repositoryWith(t: Scope): Promise<Repository> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-bootstrap-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const [remote, work] = [join(dir, 'remote.git'), join(dir, 'checkout')];
  for (const folder of [remote, work]) await mkdir(folder);
  await new Git(remote).bytes(['init', '--quiet', '--bare', '--initial-branch=main']);
  await new Git(remote).bytes(['config', 'uploadpack.allowFilter', 'true']);
  await new Git(remote).bytes(['config', 'uploadpack.allowAnySHA1InWant', 'true']);
  const checkout = new Git(work);
  await checkout.bytes(['init', '--quiet', '--initial-branch=main']);
  await checkout.bytes(['remote', 'add', 'origin', remote]);
  const write = async (files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(work, path)), { recursive: true });
      await writeFile(join(work, path), text);
    }
    await checkout.bytes(['add', '--all']);
    await checkout.bytes(['commit', '--quiet', '--allow-empty', '-m', 'a commit']);
  };
  await write({
    'argocd/application.yaml': manifest('argoproj.io/v1alpha1', 'Application', 'argocd', {}, 'argocd'),
    'argocd/namespace-argocd.yaml': manifest('v1', 'Namespace', 'argocd'),
    'argocd/namespace-argocd-dev.yaml': manifest('v1', 'Namespace', 'argocd-dev'),
    'argocd/configmap-argocd-cm.yaml': manifest(
      'v1',
      'ConfigMap',
      'argocd-cm',
      { data: { from: 'the part' } },
      'argocd',
    ),
    'argocd/appproject-platform.yaml': manifest('argoproj.io/v1alpha1', 'AppProject', 'platform', {}, 'argocd'),
    'argocd/application-platform.yaml': manifest('argoproj.io/v1alpha1', 'Application', 'platform', {}, 'argocd'),
    'argocd/application-dev.yaml': manifest('argoproj.io/v1alpha1', 'Application', 'dev', {}, 'argocd'),
    'argocd/hydrator.metadata': '{}\n',
  });
  for (const name of ['prod', 'home']) await checkout.bytes(['push', '--quiet', 'origin', `HEAD:env/platform-${name}`]);
  await checkout.bytes(['rm', '-r', '--quiet', 'argocd']);
  await write({
    'clusters/environments.ts': environmentsOf(),
    'clusters/prod/eksctl.yaml': `${JSON.stringify(eksctlFile)}\n`,
    'clusters/aws/network.yaml': template,
    'clusters/aws/backup.yaml': template,
  });
  await checkout.bytes(['push', '--quiet', 'origin', 'HEAD:main']);
  const argoCd = join(dir, 'install.yaml');
  await writeFile(argoCd, installText);
  const said: string[] = [];
  const context: Context = { checkout, remote: 'origin', now: Date.now, say: (line) => void said.push(line) };
  return { dir, context, argoCd, said, commit: write };
}
