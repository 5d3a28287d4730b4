import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { randomUUID } from 'node:crypto';
import { plantCanaries, Search } from '../support/canaries';
import { ClusterServer } from '../support/cluster-server';
import { useEndToEnd } from '../support/end-to-end';

const endToEnd = useEndToEnd(() => ClusterServer.start({ nodes: 1 }));

const KEYS = `k1:${Buffer.alloc(32, 0x5b).toString('base64')}`;
/** Segments of the log are reused one after the other, and hold what was written once until then. */
const LOG_OF_POSTGRES = `${sep}pg_wal${sep}`;

test.each([
  ['with keys', KEYS],
  ['in clear', undefined],
])(
  'an erased verification %s is in no file of PostgreSQL after VACUUM FULL, save its write-ahead log',
  async (_, keys) => {
    const canaries = plantCanaries();
    await endToEnd.at(
      async (place) => {
        await place.startWorker();
        const id = randomUUID();
        const verification = await place.startWithDocuments(canaries.person('1001'), canaries.photos(1));
        await verification.outcome();
        const waiting = await place.kyc.start(id, canaries.person('1001'));
        const { cluster } = endToEnd.server;
        const search = async (): Promise<Search> => {
          const found = new Search(canaries.values);
          const files = await cluster.dataFiles();
          found.inFiles(files.filter((file) => !file.includes(LOG_OF_POSTGRES)));
          return found;
        };
        expect((await search()).found.some((found) => /^documentId in /.test(found))).toBe(keys === undefined);

        await verification.erase();
        await waiting.erase();
        for (const database of ['temporal', 'temporal_visibility']) await cluster.sql('VACUUM FULL', database);

        const { found, places } = await search();
        expect(found).toEqual([]);
        expect(places.length).toBeGreaterThan(100);
        expect(readdirSync(join(place.folder, 'store'))).toEqual([]);
      },
      keys === undefined ? {} : { keys },
    )();
  },
);
