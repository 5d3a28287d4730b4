import { createServer } from 'node:http';

/** Takes whatever is posted and forgets it, so that who sends is what is measured. */
const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => response.writeHead(204).end());
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('sink ready'));
