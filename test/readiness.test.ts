import { rmSync, writeFileSync } from 'node:fs';
import { freePort } from '../src/demo/ports';
import { PHOTOS, until, useEndToEnd } from './support/end-to-end';
import { waiting } from './support/verification-input';

const { at } = useEndToEnd();

interface Readiness {
  status: string;
  checks?: string[];
  failed?: Record<string, string>;
}

async function readiness(port: number): Promise<Readiness> {
  return (await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as Readiness;
}

test(
  'a worker is ready while it polls, its store works and its clock is right; else it says why not',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    const port = await freePort();
    await place.startWorker({ KYC_HEALTH_ADDRESS: `127.0.0.1:${port}` });
    const checks = ['workers', 'temporal', 'searchAttributes', 'documentStore', 'clock'];
    expect(await readiness(port)).toEqual({ status: 'ok', checks });

    place.sandbox.advance(60_000);
    const verification = await place.startWithDocuments(waiting(), PHOTOS);
    await verification.outcome();
    expect((await readiness(port)).failed).toEqual({
      clock: expect.stringMatching(
        /^this machine's clock is (59|60|61) s behind that of Notus: set it by NTP$/,
      ) as string,
    });

    rmSync(place.storeFolder, { recursive: true });
    writeFileSync(place.storeFolder, '');
    await until(async () => 'documentStore' in ((await readiness(port)).failed ?? {}));
  }),
);
