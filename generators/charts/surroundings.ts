import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { dump } from 'js-yaml';
import { fileKey } from '../model/app-check.ts';
import type { CheckedProgram } from '../model/app-schema.ts';
import { textsOf } from './computed.ts';
import { objectMeta, type Subject } from './place.ts';
import { rights } from './rights.ts';

/** What the pods of every program need around them: an account of their own and its rights, their files, and their secrets. */
export function surroundings(scope: Construct, app: CheckedProgram, subject: Subject): void {
  new k8s.KubeServiceAccount(scope, 'serviceaccount', {
    metadata: objectMeta(subject),
    automountServiceAccountToken: false,
  });
  rights(scope, app, subject);
  const files = Object.entries(textsOf(app, subject.at)).map(([path, text]) => [fileKey(path), text] as const);
  if (files.length > 0)
    new k8s.KubeConfigMap(scope, 'configmap', { metadata: objectMeta(subject), data: Object.fromEntries(files) });
  const secrets = Object.entries(app.secrets);
  if (secrets.length > 0)
    // https://github.com/aws/secrets-store-csi-driver-provider-aws#secretproviderclass-options
    new ApiObject(scope, 'secretproviderclass', {
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      kind: 'SecretProviderClass',
      metadata: objectMeta(subject),
      spec: {
        provider: 'aws',
        parameters: {
          usePodIdentity: 'true',
          objects: dump(
            secrets.map(([file, { name, version }]) => ({
              objectName: name,
              objectType: 'secretsmanager',
              objectVersion: version,
              objectAlias: file,
            })),
            { lineWidth: -1 },
          ),
        },
      },
    });
}
