/**
 * The metrics of our own, as they are created; Prometheus sees counters with `_total` behind the name. Labels hold
 * words of a fixed set alone. `docs/metrics.md` explains each of them, and a test holds the two together.
 */

interface Metric {
  name: string;
  description: string;
}

const metric = (name: string, description: string): Metric => ({ name: `kyc_${name}`, description });

export const COUNTERS = {
  started: metric('verifications_started', 'Verifications that began'),
  closed: metric('verifications_closed', 'Verifications that came to an end, by how'),
  sessionsOpened: metric('sessions_opened', 'Sessions that Notus opened, by why one was needed'),
  possibleOrphans: metric('possible_orphan_sessions', 'Creates whose answer was lost'),
  submissionsRefused: metric('submissions_refused', 'Submissions of documents that were refused, by the reason'),
  documentsAccepted: metric('documents_accepted', 'Documents that a verification took in'),
  documentsDeleted: metric('documents_deleted', 'Documents deleted from the document store'),
  documentBytes: metric('document_bytes', 'Bytes of documents uploaded'),
  polls: metric('polls', 'Looks at a session that awaits its decision'),
  processRepeated: metric('process_repeated', 'process posted again after a lost reply'),
  obstacles: metric('obstacles', 'Tries that met an obstacle, by its problem code'),
  queriesRefused: metric('queries_refused', 'Queries that were ahead of the next workflow task, and are asked again'),
  clearPayloads: metric('clear_payloads', 'Payloads read in clear although there are keys'),
  unknownKeys: metric('unknown_encryption_keys', 'Payloads read whose encryption key is missing'),
  unusablePayloads: metric('unusable_payloads', 'Payloads read that were altered or out of place'),
} as const;

export const HISTOGRAMS = {
  stage: metric('stage_duration_seconds', 'Time spent in a stage'),
  decision: metric('decision_duration_seconds', 'Time from process to the final status of the session'),
  call: metric('notus_call_duration_seconds', 'One call to Notus or its upload storage'),
} as const;

export const GAUGES = {
  open: metric('verifications_open', 'Running verifications by stage, as Temporal lists them'),
  documentsHeld: metric('documents_held', 'Documents in the document store when it was swept last'),
  check: metric('check_ok', 'Whether a check of readiness held when it was made last'),
  clockSkew: metric('clock_skew_seconds', "How far this machine's clock is from that of Notus"),
  certificate: metric('certificate_expiry_timestamp_seconds', 'When the certificate stops being valid'),
} as const;

/** Upper bounds in seconds; stages and decisions take from seconds to days. */
const LONG = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 43_200, 86_400, 604_800];
const SHORT = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export const BUCKETS = {
  [HISTOGRAMS.stage.name]: LONG,
  [HISTOGRAMS.decision.name]: LONG,
  [HISTOGRAMS.call.name]: SHORT,
};
