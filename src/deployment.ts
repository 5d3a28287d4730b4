import type { NativeConnection } from '@temporalio/worker';
import { GRPC, grpcCode } from './client/temporal-calls';
import type { DeploymentVersion } from './config';

/** The command that gives a version the work; every deploy needs it, the first one as well. */
export function setCurrentCommand({ deploymentName, buildId }: DeploymentVersion, namespace: string): string {
  return (
    `temporal worker deployment set-current-version --namespace ${namespace}` +
    ` --deployment-name ${deploymentName} --build-id ${buildId}`
  );
}

/**
 * Why a worker of that version is given no work yet, with the command that changes it; null if it is given some.
 * Throws the SDK's error when the server does not tell.
 */
export async function idleBecause(
  connection: Pick<NativeConnection, 'workflowService'>,
  namespace: string,
  version: DeploymentVersion,
): Promise<string | null> {
  const { deploymentName, buildId } = version;
  const { workerDeploymentInfo } = await connection.workflowService
    .describeWorkerDeployment({ namespace, deploymentName })
    .catch((error: unknown) => {
      // The server notes a deployment a moment after its first worker has asked for work.
      if (grpcCode(error) === GRPC.notFound) return { workerDeploymentInfo: null };
      throw error;
    });
  const { currentDeploymentVersion: current, rampingDeploymentVersion: ramping } =
    workerDeploymentInfo?.routingConfig ?? {};
  if ([current, ramping].some((one) => one?.buildId === buildId)) return null;
  const now = current?.buildId ? `the current one is ${current.buildId}` : 'none is current';
  return (
    `Build ${buildId} is not the current version of deployment ${deploymentName} (${now}), so it is given no work; ` +
    `when it shall take over, run: ${setCurrentCommand(version, namespace)}`
  );
}
