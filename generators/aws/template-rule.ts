import { isMapping } from '../model/mapping.ts';
import { listOf, type Statement, statementsOf } from './document.ts';
import type { Keys, Rule } from './rule.ts';
import type { Resource, Template } from './template.ts';

/** Facts about a template that it does not say itself. */
export interface TemplateFacts {
  /** Its bytes. */
  readonly size: number;
}

/** What must hold of a template of CloudFormation: that it can be deployed, and that it gives no more than is needed. */
export type TemplateRule = Rule<Template, TemplateFacts>;

/** The resources of a type, with where each stands. */
export const resourcesOf = ({ Resources }: Template, ...types: readonly string[]) =>
  Object.entries(Resources)
    .filter(([, { Type }]) => types.includes(Type))
    .map(([name, resource]) => ({ name, resource, keys: ['Resources', name] as Keys }));

/** A resource's properties. */
export const propertiesOf = ({ Properties }: Resource): Readonly<Record<string, unknown>> => Properties ?? {};

/** What a statement is for: what a role may do, the most that it may do, who may take it, or who may reach something. */
export type Purpose = 'grant' | 'limit' | 'trust' | 'resource' | 'key';

/** Every statement of every policy of a template. */
export function policiesOf(template: Template): { readonly purpose: Purpose; readonly statement: Statement }[] {
  return Object.entries(template.Resources).flatMap(([name, resource]) => {
    const properties = propertiesOf(resource);
    const at = ['Resources', name, 'Properties'];
    const read = (purpose: Purpose, field: string, document = properties[field], keys: Keys = [...at, field]) =>
      statementsOf(document, keys).map((statement) => ({ purpose, statement }));
    switch (resource.Type) {
      case 'AWS::IAM::Role':
        return [
          ...read('trust', 'AssumeRolePolicyDocument'),
          ...listOf(properties.Policies).flatMap((policy, index) =>
            read('grant', '', isMapping(policy) ? policy.PolicyDocument : undefined, [
              ...[...at, 'Policies', index],
              'PolicyDocument',
            ]),
          ),
        ];
      case 'AWS::IAM::ManagedPolicy':
        return read(isLimit(resource) ? 'limit' : 'grant', 'PolicyDocument');
      case 'AWS::IAM::Policy':
      case 'AWS::IAM::RolePolicy':
      case 'AWS::IAM::UserPolicy':
      case 'AWS::IAM::GroupPolicy':
        return read('grant', 'PolicyDocument');
      case 'AWS::KMS::Key':
        return read('key', 'KeyPolicy');
      case 'AWS::S3::BucketPolicy':
        return read('resource', 'PolicyDocument');
      case 'AWS::ECR::Repository':
        return read('resource', 'RepositoryPolicyText');
      default:
        return [];
    }
  });
}

/** A policy that is attached to nobody grants nothing: it is there to be a permissions boundary. */
const isLimit = (resource: Resource) =>
  !['Roles', 'Users', 'Groups'].some((field) => listOf(propertiesOf(resource)[field]).length > 0);

/** The statements that grant something to whoever has them. */
export const grantsOf = (template: Template): Statement[] =>
  policiesOf(template)
    .filter(({ purpose, statement }) => purpose === 'grant' && statement.effect === 'Allow')
    .map(({ statement }) => statement);
