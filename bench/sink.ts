import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes whatever is posted and forgets it, so that who sends is what is measured. */
const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => response.writeHead(204).end());
});
server.listen(0, '127.0.0.1', () => console.log(`sink at ${(server.address() as AddressInfo).port}`));
