import { Misuse } from '../model/refusal.ts';
import { broken } from './rule.ts';
import type { Stack } from './stacks.ts';
import { type Template, templateOf } from './template.ts';
import { templateRules } from './template-rules.ts';

/**
 * The template of a stack, when it can be deployed with the stack's values and keeps every rule.
 * @param text what stands in `stack.file`
 * @throws {Misuse} with every mistake, a line each: file, field, value, what was expected
 */
export function deployable({ file, name, parameters }: Stack, text: string): Template {
  const template = templateOf(text, file);
  const wanted = Object.keys(template.Parameters ?? {});
  const mistakes = [
    ...wanted
      .filter((parameter) => !Object.hasOwn(parameters, parameter))
      .map((parameter) => `${file}: Parameters.${parameter} is given by nothing that makes ${name}: take it out.`),
    ...Object.keys(parameters)
      .filter((parameter) => !wanted.includes(parameter))
      .map((parameter) => `${file}: Parameters.${parameter} is missing: ${name} is deployed with it.`),
    ...broken(templateRules, file, template, { size: Buffer.byteLength(text) }),
  ];
  if (mistakes.length > 0) throw new Misuse(mistakes.join('\n'));
  return template;
}
