/** A Temporal server that end-to-end tests run on, killed and started again as they wish. */
export interface TestServer {
  /** host:port, the same for its whole life. */
  readonly address: string;
  /** Without mercy, as a machine that dies. */
  kill(): Promise<void>;
  /** Brings it back with its data; resolves when it answers. */
  restart(): Promise<void>;
  /** The files that it keeps its data in, and its logs if it has any, with all that it holds written out. */
  dataFiles(): Promise<string[]>;
  /** Ends it for good. */
  stop(): Promise<void>;
}
