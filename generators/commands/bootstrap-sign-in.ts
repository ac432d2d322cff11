import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountAudience, accountRole, roleArn } from '../aws/names.ts';
import type { Cloud } from '../bootstrap/plan.ts';
import { Misuse } from '../model/refusal.ts';

/** The roles of the account that a pipeline takes by the token of its job: clusters/aws/account.yaml says which may. */
export const pipelineRoles = ['plan', 'drift', 'bootstrap'] as const;
export type PipelineRole = (typeof pipelineRoles)[number];

/** The variable with the token: https://docs.gitlab.com/ci/secrets/id_token_authentication/ */
const token = 'AWS_ID_TOKEN';

/** What would count more than the token: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-authentication.html */
const others =
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE|DEFAULT_PROFILE|CONTAINER_CREDENTIALS_\w+_URI|WEB_IDENTITY_TOKEN_FILE|ROLE_ARN|ROLE_SESSION_NAME)$/;

/**
 * The environment in which tools are a role of the cluster's account, by the token of a pipeline's job. The token comes
 * to them in a file that only this user reads, in no argument and no variable.
 * @throws {Misuse} where there is no token
 */
export async function signIn(
  env: NodeJS.ProcessEnv,
  role: PipelineRole,
  { account, region, eksctl }: Pick<Cloud, 'account' | 'region' | 'eksctl'>,
): Promise<{ readonly env: NodeJS.ProcessEnv; readonly signOut: () => Promise<void> }> {
  const said = env[token];
  if (!said)
    throw new Misuse(
      `--as ${role} wants the token of a pipeline's job in ${token}: give the job id_tokens with ${token}, its aud ${accountAudience(role)}. People take a role by AWS_PROFILE instead.`,
    );
  const dir = await mkdtemp(join(tmpdir(), 'slipway-sign-in-'));
  const file = join(dir, 'token');
  await writeFile(file, said, { mode: 0o600 });
  // What AWS writes down says which job it was.
  const job = /^\d+$/.test(env.CI_JOB_ID ?? '') ? `-${env.CI_JOB_ID}` : '';
  return {
    env: {
      ...Object.fromEntries(Object.entries(env).filter(([name]) => name !== token && !others.test(name))),
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_ARN: roleArn(account, accountRole(role)),
      AWS_ROLE_SESSION_NAME: `slipway-${eksctl.config.metadata.name}${job}`.slice(0, 64),
      AWS_REGION: region,
    },
    signOut: () => rm(dir, { recursive: true, force: true }),
  };
}
