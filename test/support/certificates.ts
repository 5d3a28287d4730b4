import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder';

/** A self-signed certificate for this machine with its key, as files and as PEM. */
export interface TestCertificate {
  certificateFile: string;
  keyFile: string;
  pem: Buffer;
  key: Buffer;
  /** When it ends, as openssl tells it. */
  end: Date;
}

const CONFIGURATION = `
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = localhost
[extensions]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
`;

/** Makes one that is good from now on for so many days. */
export function selfSigned(days: number): TestCertificate {
  const folder = temporaryFolder();
  const [configuration, keyFile, certificateFile] = ['req.cnf', 'key.pem', 'certificate.pem'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(configuration, CONFIGURATION);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const request = ['req', '-x509', '-config', configuration, ...key, '-days', String(days), '-out', certificateFile];
  execFileSync('openssl', request, { stdio: 'ignore' });
  const told = execFileSync('openssl', ['x509', '-in', certificateFile, '-noout', '-enddate'], { encoding: 'utf8' });
  return {
    ...{ certificateFile, keyFile, pem: readFileSync(certificateFile), key: readFileSync(keyFile) },
    end: new Date(told.replace('notAfter=', '')),
  };
}
