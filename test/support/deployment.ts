import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import type { VerificationHandle } from '../../src/client';
import type { Child } from '../../src/demo/child';
import { until, type Place } from './end-to-end';

const { EventType } = temporal.api.enums.v1;

/** A Worker Deployment of the test's own, driven by the commands that an operator types. */
export class Deployment {
  readonly name = `kyc-${randomUUID()}`;

  constructor(private readonly place: Place) {}

  /** A worker process of that build; it is given no work until the build is current. */
  startWorker(buildId: string): Promise<Child> {
    return this.place.startWorker({ KYC_DEPLOYMENT_NAME: this.name, KYC_BUILD_ID: buildId });
  }

  /** Makes the build current, as soon as the server knows both of its task queues. */
  async makeCurrent(buildId: string): Promise<void> {
    const names = ['--deployment-name', this.name, '--build-id', buildId];
    await until(() =>
      this.place.temporal('worker', 'deployment', 'set-current-version', ...names, '--yes').then(
        () => true,
        () => false,
      ),
    );
  }

  /** Which build did the workflow tasks of that verification, in their order, one entry a change; '' where none was told. */
  async buildsOf({ verificationId }: VerificationHandle): Promise<string[]> {
    const { events } = await this.place.kyc.temporal.workflow.getHandle(verificationId).fetchHistory();
    const builds = (events ?? [])
      .filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
      .map(({ workflowTaskCompletedEventAttributes: task }) => task?.deploymentVersion?.buildId ?? '');
    return builds.filter((build, index) => build !== builds[index - 1]);
  }
}
