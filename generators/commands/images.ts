import { readFile } from 'node:fs/promises';
import { givenImages, type ImageReference, parseImageArgument, parseImageList } from '../model/image.ts';
import { Misuse } from '../model/refusal.ts';
import type { Asked } from './main.ts';

/**
 * The images that a verb was given, by app: by `--image`, and in a file by `--images`.
 * @throws {Misuse} for a file that cannot be read, a line that is no image, or an app with two
 */
export async function imagesIn(values: Asked['values']): Promise<ReadonlyMap<string, ImageReference>> {
  const { image = [], images: file } = values as { image?: readonly string[]; images?: string };
  const listed = file === undefined ? [] : parseImageList(await textOf(file), file);
  return givenImages([...image.map(parseImageArgument), ...listed]);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Misuse(
      `--images ${file} cannot be read: ${(error as Error).message}. slipway image find --all --out ${file} makes it.`,
      { cause: error },
    );
  }
}
