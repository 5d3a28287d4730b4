import type { DataConverter } from '@temporalio/common';
import { ClientCodec, EncryptionCodec, WorkerCodec, type PayloadWatch } from './codec';
import type { KeyRing } from './key-ring';

interface WithDataConverter {
  dataConverter?: DataConverter | undefined;
}

interface WithConverterPaths {
  failureConverterPath?: string | undefined;
}

const NOBODY: PayloadWatch = { clear: () => undefined, unknownKey: () => undefined, unusable: () => undefined };

/**
 * Encryption for everything that reads or writes payloads: a plugin for `Client`, `Worker`, replay and
 * `bundleWorkflowCode`. Giving it twice, as a connection with plugins does by itself, is the same as giving it once.
 * With an empty ring it writes plain, and still tells a payload whose key is missing from nonsense.
 */
export class EncryptionPlugin {
  readonly name = 'kyc.encryption';

  constructor(
    private readonly keys: KeyRing,
    private readonly watch: PayloadWatch = NOBODY,
  ) {}

  configureClient<Options extends WithDataConverter>(options: Options): Options {
    return this.encrypted(options, () => new ClientCodec(this.keys));
  }

  configureWorker<Options extends WithDataConverter>(options: Options): Options {
    return this.encrypted(options, () => new WorkerCodec(this.keys, this.watch));
  }

  configureReplayWorker<Options extends WithDataConverter>(options: Options): Options {
    return this.encrypted(options, () => new WorkerCodec(this.keys, NOBODY));
  }

  /** The SDK does not take the failure converter of a worker into a bundle that was made before. */
  configureBundler<Options extends WithConverterPaths>(options: Options): Options {
    return { ...options, ...this.failureConverterPath() };
  }

  private encrypted<Options extends WithDataConverter>(options: Options, codec: () => EncryptionCodec): Options {
    const { dataConverter } = options;
    const codecs = dataConverter?.payloadCodecs ?? [];
    if (codecs.some((other) => other instanceof EncryptionCodec)) return options;
    // Last, because what other codecs do to an encrypted payload would be in vain.
    const payloadCodecs = [...codecs, codec()];
    return { ...options, dataConverter: { ...dataConverter, ...this.failureConverterPath(), payloadCodecs } };
  }

  /** In plain, operators are to see the messages as they are. */
  private failureConverterPath(): WithConverterPaths {
    return this.keys.first === undefined ? {} : { failureConverterPath: require.resolve('./failure-converter') };
  }
}
