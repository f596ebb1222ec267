import { PluginError } from '../errors.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { corePath, OPERATOR_SELECTOR } from '../kube/names.ts';
import type { Service } from '../kube/types.ts';

export interface OperatorOptions {
  readonly operatorNamespace?: string;
  readonly operatorService?: string;
  /** Where the operator takes a login. */
  readonly operatorToken?: string;
}

/** Where the operator's HTTP port is. */
export interface OperatorAddress {
  readonly namespace: string;
  readonly service: string;
}

/** The Service with the operator's label, wherever it is, or the one named. */
export async function findOperator(
  kube: KubeApi,
  { operatorNamespace, operatorService }: OperatorOptions,
): Promise<OperatorAddress> {
  if (operatorNamespace !== undefined && operatorService !== undefined) {
    return { namespace: operatorNamespace, service: operatorService };
  }
  const found = (await labelled(kube, operatorNamespace)).filter(
    ({ metadata }) => operatorService === undefined || metadata.name === operatorService,
  );
  const [first] = found;
  if (first === undefined) throw nobody(operatorNamespace);
  if (found.length > 1) {
    const names = found.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
    const message = `there are several operators (${names.join(', ')}): choose one with --operator-namespace`;
    throw new PluginError('OPERATOR_NOT_FOUND', message);
  }
  return { namespace: first.metadata.namespace ?? '', service: first.metadata.name };
}

async function labelled(kube: KubeApi, namespace: string | undefined): Promise<Service[]> {
  try {
    return await kube.list<Service>(corePath('services', namespace), {
      labelSelector: OPERATOR_SELECTOR,
    });
  } catch (error) {
    if (!(error instanceof PluginError) || error.code !== 'API_REFUSED') throw error;
    const message =
      'you may not list Services to find the operator: name it with --operator-namespace and --operator-service';
    throw new PluginError('OPERATOR_NOT_FOUND', message, { cause: error });
  }
}

function nobody(namespace: string | undefined): PluginError {
  const where = namespace === undefined ? 'any namespace' : `namespace "${namespace}"`;
  const message = `there is no operator in ${where} (a Service labelled ${OPERATOR_SELECTOR})`;
  return new PluginError('OPERATOR_NOT_FOUND', message);
}
