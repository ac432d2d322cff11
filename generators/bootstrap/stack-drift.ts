import type { Stack } from '../aws/stacks.ts';
import { aws, type Command } from './command.ts';
import type { Difference } from './drift.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html */
export const detectDrift = ({ region, name }: Stack): Command =>
  aws(region, 'cloudformation', 'detect-stack-drift', '--stack-name', name);
export const describeDetection = ({ region }: Stack, id: string): Command =>
  aws(region, 'cloudformation', 'describe-stack-drift-detection-status', '--stack-drift-detection-id', id);
export const describeDrifts = ({ region, name }: Stack): Command =>
  aws(
    region,
    ...['cloudformation', 'describe-stack-resource-drifts', '--stack-name', name],
    ...['--stack-resource-drift-status-filters', 'MODIFIED', 'DELETED'],
  );
/** The text as it was given. */
export const deployedTemplate = ({ region, name }: Stack): Command =>
  aws(region, 'cloudformation', 'get-template', '--stack-name', name, '--template-stage', 'Original');

/** What `describe-stack-drift-detection-status` prints. */
export interface Detection {
  readonly DetectionStatus: string;
  readonly DetectionStatusReason?: string;
}

/** Whether it still goes on. */
export const isDetecting = ({ DetectionStatus }: Detection): boolean => DetectionStatus === 'DETECTION_IN_PROGRESS';

/** What `describe-stack-resource-drifts` prints. */
export interface ResourceDrifts {
  readonly StackResourceDrifts?: readonly {
    readonly LogicalResourceId: string;
    readonly ResourceType: string;
    readonly StackResourceDriftStatus: string;
    readonly PropertyDifferences?: readonly {
      readonly PropertyPath: string;
      readonly ExpectedValue?: string;
      readonly ActualValue?: string;
    }[];
  }[];
}

/** What somebody changed by hand of what a stack made. */
export const stackDrift = (stack: Stack, { StackResourceDrifts: drifts = [] }: ResourceDrifts): Difference[] =>
  drifts.flatMap(({ LogicalResourceId: id, ResourceType: type, StackResourceDriftStatus: status, ...rest }) => {
    const what = `stack ${stack.name}: ${id} (${type})`;
    if (status === 'DELETED') return [{ what, wanted: 'present', found: 'absent' }];
    return (rest.PropertyDifferences ?? []).map(({ PropertyPath, ExpectedValue, ActualValue }) => ({
      what: `${what} ${PropertyPath}`,
      wanted: ExpectedValue ?? 'none',
      found: ActualValue ?? 'none',
    }));
  });

/** What of a stack nobody deployed yet: its template, or the values that it was given. */
export function undeployed(
  stack: Stack,
  template: string,
  deployed: { readonly template: string; readonly parameters: Readonly<Record<string, string>> },
): Difference[] {
  const what = `stack ${stack.name}`;
  const differences: Difference[] = [];
  if (template.trim() !== deployed.template.trim())
    differences.push({ what: `${what}: template`, wanted: stack.file, found: 'an earlier or another text' });
  for (const name of new Set([...Object.keys(stack.parameters), ...Object.keys(deployed.parameters)]))
    if (stack.parameters[name] !== deployed.parameters[name])
      differences.push({
        what: `${what}: parameter ${name}`,
        wanted: stack.parameters[name] ?? 'none',
        found: deployed.parameters[name] ?? 'none',
      });
  return differences;
}
