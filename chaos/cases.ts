import type { OutcomeName, VerificationPolicy } from '../src/contract';

/** How a verification ends: its outcome, or by being cancelled. */
export type Ending = OutcomeName | 'cancelled';

/** One kind of verification: what the sandbox does to it, and the one ending that may come of it. */
export interface Case {
  /** A scenario of the sandbox, and the ending of the document ids that pick it. */
  scenario: string;
  suffix: string;
  ending: Ending;
  policy?: Partial<VerificationPolicy>;
  /** Submissions that the applicant makes; default 1, each but the first after a rejection. */
  submissions?: number;
}

/** Whatever is killed on the way, none of them may end differently, and each ends within three minutes. */
export const CASES: readonly Case[] = [
  { scenario: 'approved', suffix: '0000', ending: 'approved' },
  { scenario: 'approved-long-way', suffix: '1002', ending: 'approved' },
  { scenario: 'status-lag', suffix: '1007', ending: 'approved' },
  { scenario: 'unknown-status', suffix: '1008', ending: 'approved' },
  { scenario: 'rejected', suffix: '2001', ending: 'rejected' },
  { scenario: 'rejected-once', suffix: '2003', ending: 'approved', policy: { maxAttempts: 2 }, submissions: 2 },
  { scenario: 'expired-once', suffix: '2104', ending: 'approved' },
  { scenario: 'create-500-twice', suffix: '3001', ending: 'approved' },
  { scenario: 'create-503-retry-after', suffix: '3002', ending: 'approved' },
  { scenario: 'create-429-retry-after', suffix: '3003', ending: 'approved' },
  { scenario: 'create-lost-reply', suffix: '3004', ending: 'approved' },
  { scenario: 'create-html', suffix: '3008', ending: 'approved' },
  { scenario: 'get-500-twice', suffix: '4001', ending: 'approved' },
  { scenario: 'get-429-retry-after', suffix: '4002', ending: 'approved' },
  { scenario: 'get-reset', suffix: '4011', ending: 'approved' },
  { scenario: 'process-429-retry-after', suffix: '5002', ending: 'approved' },
  { scenario: 'process-lost-reply', suffix: '5003', ending: 'approved' },
  { scenario: 'process-409', suffix: '5006', ending: 'approved' },
  { scenario: 'process-reset', suffix: '5008', ending: 'approved' },
  { scenario: 'forms-expired-once', suffix: '6001', ending: 'approved' },
  { scenario: 's3-500', suffix: '6004', ending: 'approved' },
  { scenario: 's3-403-once', suffix: '6009', ending: 'approved' },
  { scenario: 's3-reset', suffix: '6011', ending: 'approved' },
  { scenario: 'individual-id-absent', suffix: '7001', ending: 'approved' },
  { scenario: 'individual-id-null-once', suffix: '7002', ending: 'approved' },
  { scenario: 'never-final', suffix: '2101', ending: 'timedOut', policy: { resultDeadline: '45s' } },
  { scenario: 'never-final', suffix: '2101', ending: 'cancelled' },
  {
    scenario: 'approved',
    suffix: '0000',
    ending: 'abandoned',
    policy: { documentsDeadline: '30s' },
    submissions: 0,
  },
];
