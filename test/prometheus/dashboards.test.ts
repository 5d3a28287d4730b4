import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../src/demo/ports';
import { photos, PHOTOS, until, untilStage, useEndToEnd, type Place } from '../support/end-to-end';
import { eventually, Prometheus, type Series } from '../support/prometheus';
import { waiting } from '../support/verification-input';

const { at } = useEndToEnd();
const FOLDER = join(__dirname, '../../deploy/grafana/dashboards');

interface Dashboard {
  title: string;
  panels: { title: string; targets: { expr: string }[] }[];
}

/** Every expression of every panel, by where it stands. */
const expressions = readdirSync(FOLDER).flatMap((file) => {
  const { title, panels } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Dashboard;
  return panels.flatMap((panel) => panel.targets.map(({ expr }) => ({ where: `${title}: ${panel.title}`, expr })));
});

/** A verification that meets a refused submission, a failed look, a rejected attempt, and is approved in the end. */
async function eventful(place: Place, documentId: string): Promise<void> {
  const input = waiting({ maxAttempts: 2 });
  const request = { ...input.request, documentId };
  const verification = await place.kyc.start(`dashboard-${documentId}`, { ...input, request });
  await untilStage(verification, 'awaitingDocuments');
  const wrong = { uri: 'file:///elsewhere' };
  await expect(verification.submitDocuments({ front: wrong, back: wrong })).rejects.toThrow();
  await verification.submitDocuments(PHOTOS);
  await until(async () => (await verification.status()).attempt === 2);
  await verification.submitDocuments(photos(7));
  await verification.outcome();
}

/** Known after the first sweep only, which comes within minutes. */
const NOT_KNOWN_YET = 'max(kyc_documents_held)';

const hasData = ({ values = [] }: Series): boolean => values.some(([, value]) => value !== 'NaN');

test(
  'no panel of any dashboard is empty once verifications have been decided',
  at(async (place) => {
    place.sandbox.use({
      name: 'rejected-once',
      looks: 1,
      get: [{ kind: 'error', status: 500 }],
    });
    const port = await freePort();
    await place.startWorker({ KYC_METRICS_ADDRESS: `127.0.0.1:${port}` });
    const prometheus = await Prometheus.start(port);
    try {
      // The second one makes steps in what the first one has begun.
      for (const documentId of ['12345672003', '22345672003']) {
        await eventful(place, documentId);
        await eventually(20_000, async () => (await prometheus.query('kyc_verifications_started_total')).length > 0);
      }
      const emptyPanels = async (): Promise<string[]> => {
        const empty: string[] = [];
        for (const { where, expr } of expressions) {
          const found = await prometheus.queryRange(expr.replaceAll('$__rate_interval', '1m'), 10);
          if (!found.some(hasData) && !(expr === NOT_KNOWN_YET && found.length > 0)) empty.push(`${where}: ${expr}`);
        }
        return empty;
      };
      await eventually(30_000, async () => (await emptyPanels()).length === 0).catch(() => undefined);
      expect(await emptyPanels()).toEqual([]);
      expect(expressions.length).toBeGreaterThan(30);
    } finally {
      await prometheus.stop();
    }
  }),
);
