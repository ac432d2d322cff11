import type { Cluster } from '../../../model/environment.ts';

/**
 * Whether an object is well, as scripts of Lua 5.1 that see `obj`, for kinds that Argo CD 3.6.1 does not know, or judges
 * by what is not there. https://argo-cd.readthedocs.io/en/stable/operator-manual/health/#custom-health-checks
 */
export const healthScripts = ({ profile }: Pick<Cluster, 'profile'>): Readonly<Record<string, string>> => ({
  'argoproj.io_Application': application,
  ...(profile === 'eks' ? { 'eks.amazonaws.com_NodeClass': nodeClass } : { 'networking.k8s.io_Ingress': ingress }),
});

/** Without it nothing waits between the waves of Applications: they all start at once. */
const application = `local health = { status = "Progressing", message = "Argo CD has not looked at it yet" }
local status = obj.status
if status == nil then
  return health
end
for _, condition in ipairs(status.conditions or {}) do
  -- It never gets better by itself: it names a project or a place that is not its own.
  if condition.type == "InvalidSpecError" then
    return { status = "Degraded", message = condition.message }
  end
end
local operation = status.operationState
if operation ~= nil and operation.phase == "Running" then
  return { status = "Progressing", message = operation.message or "It is being synced" }
end
local own = status.health
if own ~= nil and own.status ~= nil then
  health.status = own.status
  health.message = own.message or ""
end
-- A new one has nothing yet.
if health.status == "Missing" then
  health.status = "Progressing"
end
return health
`;

/** Karpenter's own EC2NodeClass is known, EKS Auto Mode's is not. */
const nodeClass = `for _, condition in ipairs(obj.status and obj.status.conditions or {}) do
  if condition.type == "Ready" then
    if condition.status == "True" then
      return { status = "Healthy", message = condition.message or "" }
    end
    if condition.status == "False" then
      return { status = "Degraded", message = condition.message or condition.reason or "" }
    end
  end
end
return { status = "Progressing", message = "EKS has not judged it yet" }
`;

/** Argo CD waits for the address of a load balancer, and on one machine there may never be one. */
const ingress = `return { status = "Healthy", message = "Its rules are there" }
`;
