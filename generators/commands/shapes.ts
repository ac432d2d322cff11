import type { z } from 'zod';
import { look } from './shapes/look.ts';
import { make } from './shapes/make.ts';
import { move } from './shapes/move.ts';
import { setUp } from './shapes/set-up.ts';

/**
 * What --json prints, by verb. No verb imports it: tests hold what verbs print against it, and json.md is written from it.
 * A field may be added within a version. One that goes, or means something else, makes the next version.
 */
export const shapes: Readonly<Record<string, z.ZodType>> = { ...look, ...move, ...make, ...setUp };

/**
 * What a verb printed, when it has the shape that is promised.
 * @throws where it is no JSON, or has another shape: a field too many as well
 */
export function answerOf<Answer>(verb: string, printed: string): Answer {
  const value: unknown = JSON.parse(printed);
  const shape = shapes[verb];
  if (!shape) throw new Error(`${verb} has no shape in generators/commands/shapes.ts`);
  const { error } = shape.safeParse(value);
  if (error) throw new Error(`slipway ${verb} --json printed another shape than is promised: ${error.message}`);
  return value as Answer;
}
