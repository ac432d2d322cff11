import { appArmor } from './list/app-armor.ts';
import { capabilities } from './list/capabilities.ts';
import { claims } from './list/claims.ts';
import { defaultDeny } from './list/default-deny.ts';
import { defaultServiceAccount } from './list/default-service-account.ts';
import { described } from './list/described.ts';
import { duplicates } from './list/duplicates.ts';
import { emptyDirSize } from './list/empty-dir-size.ts';
import { hostNamespaces } from './list/host-namespaces.ts';
import { hostPath } from './list/host-path.ts';
import { hostPorts } from './list/host-ports.ts';
import { hostProcess } from './list/host-process.ts';
import { https } from './list/https.ts';
import { imageDigest } from './list/image-digest.ts';
import { imageRegistry } from './list/image-registry.ts';
import { imageVersion } from './list/image-version.ts';
import { imageVolume } from './list/image-volume.ts';
import { jobs } from './list/jobs.ts';
import { names } from './list/names.ts';
import { neverPruned } from './list/never-pruned.ts';
import { openIngress } from './list/open-ingress.ts';
import { permitted } from './list/permitted.ts';
import { ports } from './list/ports.ts';
import { privilegeEscalation } from './list/privilege-escalation.ts';
import { privileged } from './list/privileged.ts';
import { probeHosts } from './list/probe-hosts.ts';
import { probes } from './list/probes.ts';
import { procMount } from './list/proc-mount.ts';
import { rbacClusterAdmin } from './list/rbac-cluster-admin.ts';
import { rbacEscalation } from './list/rbac-escalation.ts';
import { rbacIntrusion } from './list/rbac-intrusion.ts';
import { rbacSecrets } from './list/rbac-secrets.ts';
import { rbacWildcards } from './list/rbac-wildcards.ts';
import { readOnlyRoot } from './list/read-only-root.ts';
import { references } from './list/references.ts';
import { replicas } from './list/replicas.ts';
import { resources } from './list/resources.ts';
import { rollingUpdate } from './list/rolling-update.ts';
import { runAsNonRoot } from './list/run-as-non-root.ts';
import { runAsUser } from './list/run-as-user.ts';
import { scope } from './list/scope.ts';
import { seLinux } from './list/se-linux.ts';
import { seccomp } from './list/seccomp.ts';
import { secretValues } from './list/secret-values.ts';
import { serviceAccountToken } from './list/service-account-token.ts';
import { serviceType } from './list/service-type.ts';
import { size } from './list/size.ts';
import { sysctls } from './list/sysctls.ts';
import { targets } from './list/targets.ts';
import { tokens } from './list/tokens.ts';
import { volumeTypes } from './list/volume-types.ts';
import type { Policy } from './policy.ts';

/** What every app's objects must satisfy, in the order in which it is said. */
export const policies: readonly Policy[] = [
  described,
  scope,
  permitted,
  ...hostProcess,
  ...hostNamespaces,
  privileged,
  ...capabilities,
  hostPath,
  hostPorts,
  ...probeHosts,
  ...appArmor,
  ...seLinux,
  procMount,
  ...seccomp,
  sysctls,
  volumeTypes,
  privilegeEscalation,
  ...runAsNonRoot,
  ...runAsUser,
  readOnlyRoot,
  imageDigest,
  imageVersion,
  imageRegistry,
  imageVolume,
  ...resources,
  emptyDirSize,
  ...claims,
  ...probes,
  ...replicas,
  rollingUpdate,
  ...jobs,
  defaultServiceAccount,
  serviceAccountToken,
  ...rbacWildcards,
  rbacEscalation,
  rbacSecrets,
  rbacIntrusion,
  rbacClusterAdmin,
  secretValues,
  tokens,
  defaultDeny,
  openIngress,
  https,
  ...serviceType,
  ...targets,
  ...references,
  ...ports,
  ...duplicates,
  ...neverPruned,
  names,
  ...size,
];
