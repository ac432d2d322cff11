import type { Stack } from '../aws/stacks.ts';
import { aws, type Command } from './command.ts';

/** The one change set that bootstrap executes; one that is left over from an earlier run is taken away. */
export const changeSetName = 'slipway-bootstrap';

/**
 * What the names of change sets begin with that are made to be looked at, and never executed. A merge request's role may
 * touch these alone (clusters/aws/account.yaml): it must not put its own in the place of one that is about to be executed.
 */
export const planPrefix = 'slipway-plan-';

const of = (region: string, verb: string, stack: string, ...words: string[]) =>
  aws(region, 'cloudformation', verb, '--stack-name', stack, ...words);
const ofSet = (region: string, verb: string, stack: string, name: string, ...words: string[]) =>
  of(region, verb, stack, '--change-set-name', name, ...words);

export const describeStack = (region: string, stack: string): Command => of(region, 'describe-stacks', stack);
export const deleteStack = (region: string, stack: string): Command => of(region, 'delete-stack', stack);
export const stackEvents = (region: string, stack: string): Command =>
  of(region, 'describe-stack-events', stack, '--max-items', '100');
export const describeChangeSet = (region: string, stack: string, name = changeSetName): Command =>
  ofSet(region, 'describe-change-set', stack, name);
export const deleteChangeSet = (region: string, stack: string, name = changeSetName): Command =>
  ofSet(region, 'delete-change-set', stack, name);
export const executeChangeSet = (region: string, stack: string): Command =>
  ofSet(region, 'execute-change-set', stack, changeSetName);

/**
 * The template is read from standard input: it is the commit's, whatever stands in the work tree.
 * @param name of the change set. One that is only looked at says no tags: whoever may look may not tag.
 */
export function createChangeSet(stack: Stack, type: 'CREATE' | 'UPDATE', name = changeSetName): Command {
  const parameters = Object.entries(stack.parameters).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }));
  const { argv } = ofSet(
    stack.region,
    'create-change-set',
    stack.name,
    name,
    ...['--change-set-type', type, '--template-body', 'file:///dev/stdin'],
    ...(parameters.length > 0 ? ['--parameters', JSON.stringify(parameters)] : []),
    ...(stack.capabilities.length > 0 ? ['--capabilities', ...stack.capabilities] : []),
    ...(name === changeSetName
      ? ['--tags', ...Object.entries(stack.tags).map(([key, value]) => `Key=${key},Value=${value}`)]
      : []),
  );
  return { argv, stdin: stack.file };
}

/** What can be done with a stack as it stands. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html */
export type Standing = 'absent' | 'busy' | 'empty' | 'reviewed' | 'there' | 'broken';

/** @param status undefined where there is no such stack */
export function standingOf(status: string | undefined): Standing {
  if (status === undefined || status === 'DELETE_COMPLETE') return 'absent';
  if (status === 'REVIEW_IN_PROGRESS') return 'reviewed';
  if (status.endsWith('_IN_PROGRESS')) return 'busy';
  // It was never made whole: nothing but deleting it is possible.
  if (status === 'ROLLBACK_COMPLETE') return 'empty';
  return status.endsWith('_FAILED') ? 'broken' : 'there';
}

/** Whether what was begun has ended well. */
export const isWhole = (status: string | undefined): boolean =>
  status === 'CREATE_COMPLETE' || status === 'UPDATE_COMPLETE' || status === 'IMPORT_COMPLETE';

/** What a change set would do to one resource. */
export interface Change {
  readonly action: string;
  readonly id: string;
  readonly type: string;
  /** Whether the resource would be made anew, and what it holds lost with it. */
  readonly replaces: 'yes' | 'perhaps' | 'no';
}

/** What `describe-change-set` prints. */
export interface ChangeSet {
  readonly Status: string;
  readonly StatusReason?: string;
  readonly ExecutionStatus?: string;
  readonly Changes?: readonly {
    readonly ResourceChange?: {
      readonly Action: string;
      readonly LogicalResourceId: string;
      readonly ResourceType: string;
      readonly Replacement?: string;
    };
  }[];
}

/** Whether a change set failed for the best of reasons. CloudFormation says it in words only. */
export const saysNothing = ({ Status, StatusReason = '' }: ChangeSet): boolean =>
  Status === 'FAILED' && /didn't contain changes|No updates are to be performed/.test(StatusReason);

export const changesOf = ({ Changes = [] }: ChangeSet): Change[] =>
  Changes.flatMap(({ ResourceChange: change }) =>
    change
      ? [
          {
            action: change.Action,
            id: change.LogicalResourceId,
            type: change.ResourceType,
            replaces: change.Replacement === 'True' ? 'yes' : change.Replacement === 'Conditional' ? 'perhaps' : 'no',
          },
        ]
      : [],
  );

/** What holds something that no template brings back, or an address that others wrote down. */
const stateful =
  /^AWS::(S3::Bucket|KMS::Key|ECR::Repository|Route53::HostedZone|EC2::(VPC|Subnet|EIP|Volume)|EFS::FileSystem|RDS::DB\w+|DynamoDB::(Global)?Table|Logs::LogGroup|SecretsManager::Secret|EKS::Cluster|ElastiCache::\w+)$/;

/** The changes by which something would be lost. */
export const losses = (changes: readonly Change[]): Change[] =>
  changes.filter(({ action, type, replaces }) => stateful.test(type) && (action === 'Remove' || replaces !== 'no'));

/** `Modify Bucket (AWS::S3::Bucket), replaced`. */
export const formatChange = ({ action, id, type, replaces }: Change): string =>
  `${action} ${id} (${type})${replaces === 'yes' ? ', replaced' : replaces === 'perhaps' ? ', perhaps replaced' : ''}`;

/** Why a stack failed: the first thing that did, by the events, newest first. */
export function firstFailure(events: unknown): string | undefined {
  const { StackEvents: all = [] } = events as {
    StackEvents?: readonly { LogicalResourceId: string; ResourceStatus: string; ResourceStatusReason?: string }[];
  };
  // What else was under way is cancelled, and says so, too.
  const failed = all.filter(
    ({ ResourceStatus, ResourceStatusReason = '' }) =>
      ResourceStatus.endsWith('_FAILED') && !/cancelled/i.test(ResourceStatusReason),
  );
  const first = failed.at(-1);
  return first && `${first.LogicalResourceId}: ${first.ResourceStatusReason ?? first.ResourceStatus}`;
}
