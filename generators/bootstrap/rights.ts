import { aws, type Command } from './command.ts';

/** What somebody wants to do to something. */
export interface Right {
  /** `eks:CreateCluster`. */
  readonly action: string;
  readonly resource: string;
}

/** What `aws sts get-caller-identity` prints. */
export interface Identity {
  readonly Account: string;
  readonly Arn: string;
}

export const whoAmI = (region: string): Command => aws(region, 'sts', 'get-caller-identity');

/**
 * The name of the role behind a session; undefined for a user. The session does not say the role's path, which the
 * simulation wants: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
export const roleOf = ({ Arn }: Identity): string | undefined =>
  /^arn:[\w-]+:sts::\d{12}:assumed-role\/([\w+=,.@-]+)\//.exec(Arn)?.[1];

/**
 * Whether an identity may speak to a cluster that gives its maker nothing, by the entries of its file. An entry says a
 * role's path, and a session does not: https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
 */
export function mayEnter(identity: Identity, config: object): boolean {
  const { accessConfig: access } = config as {
    accessConfig?: {
      readonly bootstrapClusterCreatorAdminPermissions?: boolean;
      readonly accessEntries?: readonly { readonly principalARN: string }[];
    };
  };
  if (access?.bootstrapClusterCreatorAdminPermissions !== false) return true;
  const role = roleOf(identity);
  return (access.accessEntries ?? []).some(({ principalARN }) =>
    role === undefined ? principalARN === identity.Arn : /:role\/(?:.*\/)?([^/]+)$/.exec(principalARN)?.[1] === role,
  );
}

export const readRole = (region: string, role: string): Command => aws(region, 'iam', 'get-role', '--role-name', role);

/** Whether an identity is the account itself, of which nothing can be simulated, and which may do everything. */
export const isRoot = ({ Arn }: Identity): boolean => /:root$/.test(Arn);

/** One question for each resource. */
export const simulations = (region: string, principal: string, rights: readonly Right[]): Command[] =>
  [...Map.groupBy(rights, ({ resource }) => resource)].map(([resource, wanted]) =>
    aws(
      region,
      ...['iam', 'simulate-principal-policy', '--policy-source-arn', principal],
      ...['--action-names', ...wanted.map(({ action }) => action), '--resource-arns', resource],
    ),
  );

/** What an identity may not do, by the answer to one question. */
export function refusedBy(answer: unknown): Right[] {
  const { EvaluationResults: results = [] } = answer as {
    EvaluationResults?: readonly { EvalActionName: string; EvalResourceName: string; EvalDecision: string }[];
  };
  return results
    .filter(({ EvalDecision }) => EvalDecision !== 'allowed')
    .map(({ EvalActionName: action, EvalResourceName: resource }) => ({ action, resource }));
}
