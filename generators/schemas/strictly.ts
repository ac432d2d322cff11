import { nearest } from '../model/nearest.ts';
import argoCd from './argo-cd.json' with { type: 'json' };
import { Checks } from './check.ts';
import eksAutoMode from './eks-auto-mode.json' with { type: 'json' };
import karpenter from './karpenter.json' with { type: 'json' };
import kubernetes from './kubernetes.json' with { type: 'json' };
import { checkName } from './names.ts';
import prometheusOperator from './prometheus-operator.json' with { type: 'json' };
import { type Catalogue, type Kind, kindKey } from './schema.ts';
import secretsStore from './secrets-store.json' with { type: 'json' };
import { either, type Mistake, Walk } from './walk.ts';

/**
 * What a cluster of ours serves. AWS publishes no schema of EKS Auto Mode's own kinds (eks.amazonaws.com/v1): what
 * `eks-auto-mode.json` says of the one that is in use was written by hand, after the documentation that it names, and
 * knows the fields that stand there and those that the controller has from the one it is made of
 * (https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/config/crd/bases/elbv2.k8s.aws_ingressclassparams.yaml).
 */
export const catalogues: readonly Catalogue[] = [
  kubernetes,
  argoCd,
  secretsStore,
  karpenter,
  eksAutoMode,
  prometheusOperator,
] as readonly Catalogue[];

/** Everything that is wrong with an object; nothing when a server that serves these catalogues takes it as it is. */
export type Strictly = (object: unknown) => readonly Mistake[];

/**
 * Holds objects against their types as strictly as `kubectl apply --validate=strict` does: unknown kinds and fields,
 * missing ones, types, ranges, enums, formats, nulls, what may stand in a list only once, names, labels. What a type
 * cannot say (two fields that exclude each other, CEL in a CRD) is not looked at.
 * @param catalogues those of `catalogues`, and what CRDs of the repository itself declare (`custom`)
 */
export function strictness(catalogues: readonly Catalogue[]): Strictly {
  const kinds = new Map(catalogues.flatMap(({ kinds }) => Object.entries(kinds)));
  const checks = new Checks(new Map(catalogues.flatMap(({ types }) => Object.entries(types))));

  return (object) => {
    if (typeof object !== 'object' || object === null || Array.isArray(object))
      return [{ field: '', says: 'is not an object with apiVersion and kind' }];
    const { apiVersion, kind, metadata } = object as Readonly<Record<string, unknown>>;
    const missing = Object.entries({ apiVersion, kind }).filter(
      ([, value]) => typeof value !== 'string' || value === '',
    );
    if (missing.length > 0) return missing.map(([field]) => ({ field, says: 'is missing: every object needs it' }));
    const key = kindKey(apiVersion as string, kind as string);
    const known = kinds.get(key);
    if (!known) return [notServed(kinds, apiVersion as string, kind as string)];
    const walk = new Walk(known.type, key === 'v1 Secret');
    checks.of(known.type)(object, walk);
    checkName(key, known, metadata, walk);
    return walk.mistakes;
  };
}

/** Holds an object against Kubernetes 1.36 and the CRDs in use. */
export const strictly: Strictly = strictness(catalogues);

function notServed(kinds: ReadonlyMap<string, Kind>, apiVersion: string, kind: string): Mistake {
  const all = [...kinds.keys()].map((key) => key.split(' ') as [string, string]);
  const elsewhere = all.filter(([, name]) => name === kind).map(([version]) => version);
  const field = elsewhere.length > 0 ? 'apiVersion' : 'kind';
  const here = all.filter(([version]) => version === apiVersion).map(([, name]) => name);
  const near = nearest(kind, here);
  const other = near
    ? undefined
    : all.find(([, name]) => name.toLowerCase() === kind.toLowerCase() || nearest(kind, [name]));
  const hint =
    elsewhere.length > 0
      ? `; ${either(elsewhere).replace(/ or (?=[^ ]+$)/, ' and ')} ${elsewhere.length === 1 ? 'is' : 'are'}`
      : near
        ? `; did you mean ${near}?`
        : other
          ? `; did you mean ${other[0]} ${other[1]}?`
          : ', and no CRD that is known here declares it';
  return { field, says: `${apiVersion} ${kind} is not served${hint}` };
}
