import { legalName } from './names.ts';
import { Misuse } from './refusal.ts';

/** What a word may mean that somebody looks for. */
export type Query =
  /** @default of this repository's own project */
  | { readonly is: 'request'; readonly iid: number; readonly project?: string }
  /** The beginning of a digest, as hex digits. */
  | { readonly is: 'image'; readonly digest: string }
  | { readonly is: 'version'; readonly app?: string; readonly version: string }
  /** Whatever git takes for a commit, or the beginning of one's id. */
  | { readonly is: 'revision'; readonly text: string };

/**
 * All that a word may mean, the likeliest first: `!12` and `12`, `group/project!12`, `sha256:9f86d081`, `registry/app@sha256:…`,
 * `counter@1.0.3`, `1.0.3`, `4f2a91c`, `HEAD~1`.
 * @throws {Misuse} for what can mean nothing
 */
export function queriesOf(word: string): readonly Query[] {
  const request = /^!?(\d{1,9})$/.exec(word)?.[1];
  if (request !== undefined && word.startsWith('!')) return [{ is: 'request', iid: Number(request) }];
  const [, project, number] = /^([\w.~-]+(?:\/[\w.~-]+)+)!(\d{1,9})$/.exec(word) ?? [];
  if (project !== undefined) return [{ is: 'request', iid: Number(number), project }];
  const digest = /(?:^|@)sha256:(.*)$/.exec(word)?.[1];
  if (digest !== undefined) {
    if (/^[0-9a-f]{8,64}$/.test(digest)) return [{ is: 'image', digest }];
    throw new Misuse(`sha256:${digest}: a digest has 64 hex digits; write at least the first eight of them.`);
  }
  const [, app = '', named = ''] = /^([^@]+)@(.+)$/.exec(word) ?? [];
  if (legalName.test(app) && isVersion(named)) return [{ is: 'version', app, version: named }];
  if (word.trim() === '' || word.startsWith('-'))
    throw new Misuse(`${JSON.stringify(word)} names nothing: write a commit, !12, counter@1.0.3 or sha256:….`);
  const version: Query[] = isVersion(word) ? [{ is: 'version', version: word }] : [];
  const revision: Query[] = [{ is: 'revision', text: word }];
  const iid: Query[] = request === undefined ? [] : [{ is: 'request', iid: Number(request) }];
  return /^\d+(\.\d+)+/.test(word) ? [...version, ...revision] : [...iid, ...revision, ...version];
}

/** A tag's characters: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const isVersion = (text: string) => /^[\w][\w.+-]{0,127}$/.test(text);
