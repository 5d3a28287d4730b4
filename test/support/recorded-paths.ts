import { RECORDED_APPROVALS } from './recorded-approvals';
import { RECORDED_ENDINGS } from './recorded-endings';

/** Every way through a verification that is recorded on the time-skipping server. */
export const RECORDED_PATHS = { ...RECORDED_APPROVALS, ...RECORDED_ENDINGS };
