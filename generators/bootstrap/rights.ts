import type { Need } from '../aws/actions.ts';
import { aws, type Command } from './command.ts';

/** What is not allowed. */
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

/** One question for each need: what the request will say differs. */
export const simulations = (region: string, principal: string, needs: readonly Need[]): Command[] =>
  needs.map(({ actions, resources, context = {} }) => {
    const entries = Object.entries(context).map(([ContextKeyName, value]) => ({
      ContextKeyName,
      ContextKeyValues: [value],
      ContextKeyType: /^(true|false)$/.test(value) ? 'boolean' : 'string',
    }));
    return aws(
      region,
      ...['iam', 'simulate-principal-policy', '--policy-source-arn', principal],
      ...['--action-names', ...actions, '--resource-arns', ...resources],
      ...(entries.length > 0 ? ['--context-entries', JSON.stringify(entries)] : []),
    );
  });

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html */
interface Evaluation {
  readonly EvalActionName: string;
  readonly EvalResourceName: string;
  readonly EvalDecision: string;
  /** Where several resources were named, each on its own. */
  readonly ResourceSpecificResults?: readonly {
    readonly EvalResourceName: string;
    readonly EvalResourceDecision: string;
  }[];
}

/** What an identity may not do, by the answer to one question. */
export function refusedBy(answer: unknown): Right[] {
  const { EvaluationResults: results = [] } = answer as { EvaluationResults?: readonly Evaluation[] };
  return results.flatMap(
    ({ EvalActionName: action, EvalResourceName, EvalDecision, ResourceSpecificResults: each = [] }) => {
      const decided =
        each.length > 0
          ? each.map((one) => ({ resource: one.EvalResourceName, decision: one.EvalResourceDecision }))
          : [{ resource: EvalResourceName, decision: EvalDecision }];
      return decided.filter(({ decision }) => decision !== 'allowed').map(({ resource }) => ({ action, resource }));
    },
  );
}
