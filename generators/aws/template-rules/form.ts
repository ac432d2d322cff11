import { listOf } from '../document.ts';
import { referencesIn } from '../template.ts';
import type { TemplateRule } from '../template-rule.ts';

const anatomy = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html';

/** What AWS gives: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html */
const given = ['AccountId', 'NotificationARNs', 'NoValue', 'Partition', 'Region', 'StackId', 'StackName', 'URLSuffix'];

/** That it can be deployed at all. */
export const form: readonly TemplateRule[] = [
  {
    id: 'references',
    says: 'It must name a parameter or a resource of this template, and an attribute of a resource.',
    source: anatomy,
    *breaks(template) {
      const { Parameters = {}, Resources } = template;
      for (const { name, keys, attribute } of referencesIn(template)) {
        const known =
          Object.hasOwn(Resources, name) ||
          (!attribute && (Object.hasOwn(Parameters, name) || given.some((one) => name === `AWS::${one}`)));
        if (!known) yield keys;
      }
      for (const [name, { DependsOn }] of Object.entries(Resources))
        if (!listOf(DependsOn).every((other) => Object.hasOwn(Resources, String(other))))
          yield ['Resources', name, 'DependsOn'];
    },
    fails: [
      { 'Outputs.Zone.Value': { Ref: 'Zoone' } },
      { 'Outputs.Zone.Value': { 'Fn::GetAtt': ['Domain', 'Arn'] } },
      { 'Outputs.Zone.Value': { 'Fn::GetAtt': ['Zoone', 'Arn'] } },
      { 'Outputs.Zone.Value': { 'Fn::Sub': `arn:\${Zoone}` } },
      { 'Outputs.Zone.Value': { 'Fn::Sub': [`\${Own}-\${AWS::Regoin}`, { Own: 'a' }] } },
      { 'Resources.Key.DependsOn': ['Zone', 'Zoone'] },
      { 'Outputs.Zone.Value': { 'Fn::Join': ['', ['a', { Ref: 'Zoone' }]] } },
    ],
  },
  {
    id: 'parameters',
    says: 'It must be used: what nobody reads, nobody should have to give.',
    source: anatomy,
    *breaks(template) {
      const used = new Set(referencesIn(template).map(({ name }) => name));
      for (const name of Object.keys(template.Parameters ?? {})) if (!used.has(name)) yield ['Parameters', name];
    },
    fails: [{ 'Parameters.Other': { Type: 'String' } }],
  },
  {
    id: 'no-defaults',
    says: 'It must not be there: values stand in clusters/environments.ts alone.',
    source: anatomy,
    *breaks({ Parameters = {} }) {
      for (const [name, { Default }] of Object.entries(Parameters))
        if (Default !== undefined) yield ['Parameters', name, 'Default'];
    },
    fails: [{ 'Parameters.Cluster.Default': 'shop' }],
  },
  {
    id: 'size',
    says: 'They must have at most 51,200 bytes with all the rest: a longer template cannot be given by itself.',
    source: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html',
    *breaks(_, { size }) {
      if (size > 51_200) yield ['Resources'];
    },
    fails: [{ 'Resources.Key.Properties.Description': 'x'.repeat(51_200) }],
  },
];
