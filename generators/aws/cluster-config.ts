/** A cluster as eksctl is told to make it, as far as it is read here: https://docs.aws.amazon.com/eks/latest/eksctl/schema.html */
export interface ClusterConfig {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly region: string;
    readonly version?: string;
    readonly tags?: Readonly<Record<string, string>>;
  };
  readonly upgradePolicy?: { readonly supportType?: string };
  readonly autoModeConfig?: {
    readonly enabled?: boolean;
    readonly nodePools?: readonly string[];
    readonly nodeRoleARN?: unknown;
    readonly permissionsBoundaryARN?: unknown;
  };
  readonly accessConfig?: {
    readonly authenticationMode?: string;
    readonly bootstrapClusterCreatorAdminPermissions?: boolean;
    readonly accessEntries?: readonly AccessEntry[];
  };
  readonly iamIdentityMappings?: readonly unknown[];
  readonly secretsEncryption?: { readonly keyARN: string };
  readonly vpc?: {
    readonly id?: string;
    readonly cidr?: string;
    readonly controlPlaneOnPrivateSubnets?: boolean;
    readonly nat?: { readonly gateway?: string };
    readonly clusterEndpoints?: { readonly privateAccess?: boolean; readonly publicAccess?: boolean };
    readonly publicAccessCIDRs?: readonly string[];
  };
  readonly zonalShiftConfig?: { readonly enabled?: boolean };
  readonly cloudWatch?: {
    readonly clusterLogging?: { readonly enableTypes?: readonly string[]; readonly logRetentionInDays?: number };
  };
  readonly addons?: readonly Addon[];
  readonly iam?: {
    readonly withOIDC?: boolean;
    readonly serviceAccounts?: readonly unknown[];
    readonly serviceRoleARN?: string;
    readonly serviceRolePermissionsBoundary?: string;
    readonly podIdentityAssociations?: readonly PodIdentity[];
  };
  readonly nodeGroups?: readonly unknown[];
  readonly managedNodeGroups?: readonly unknown[];
}

/** Who may speak to Kubernetes. */
export interface AccessEntry {
  readonly principalARN?: unknown;
  readonly type?: string;
  readonly kubernetesGroups?: readonly string[];
  readonly kubernetesUsername?: string;
  readonly accessPolicies?: readonly {
    readonly policyARN?: unknown;
    readonly accessScope?: { readonly type?: string; readonly namespaces?: readonly string[] };
  }[];
}

/** What AWS packages. */
export interface Addon {
  readonly name: string;
  readonly version?: string;
  readonly configurationValues?: string;
  readonly podIdentityAssociations?: readonly PodIdentity[];
  readonly useDefaultPodIdentityAssociations?: boolean;
  readonly serviceAccountRoleARN?: string;
  readonly attachPolicyARNs?: readonly string[];
  readonly attachPolicy?: Readonly<Record<string, unknown>>;
  readonly wellKnownPolicies?: Readonly<Record<string, boolean>>;
}

/** The role that a service account's pods have in AWS. */
export interface PodIdentity {
  readonly namespace?: string;
  readonly serviceAccountName?: string;
  readonly roleARN?: string;
  readonly permissionPolicy?: Readonly<Record<string, unknown>>;
  readonly permissionPolicyARNs?: readonly string[];
  readonly wellKnownPolicies?: Readonly<Record<string, boolean>>;
  readonly permissionsBoundaryARN?: string;
  readonly disableSessionTags?: boolean;
}
