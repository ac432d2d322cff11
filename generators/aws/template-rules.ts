import type { TemplateRule } from './template-rule.ts';
import { form } from './template-rules/form.ts';
import { grants } from './template-rules/grants.ts';
import { kept } from './template-rules/kept.ts';
import { trust } from './template-rules/trust.ts';

/** Everything that must hold of a template of CloudFormation. */
export const templateRules: readonly TemplateRule[] = [...form, ...grants, ...trust, ...kept];
