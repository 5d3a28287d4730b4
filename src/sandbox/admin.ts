import type { IncomingMessage } from 'node:http';
import type { Reply } from './answers';
import { helpAsJson, helpAsText } from './help';
import { readBody } from './request-body';
import type { Sandbox } from './sandbox';
import { readNumber, readScenarioRequest, readText } from './admin-input';

/** Answers the calls that only the sandbox has: plain JSON, no key needed. */
export async function adminReply(request: IncomingMessage, path: string, sandbox: Sandbox): Promise<Reply> {
  const body = await readBody(request);
  if ('refusal' in body) return body.refusal;
  const values = (typeof body.value === 'object' && body.value !== null ? body.value : {}) as Record<string, unknown>;
  const url = new URL(path, 'http://sandbox');
  try {
    return answer(`${request.method} ${url.pathname}`, url.searchParams, values, request, sandbox);
  } catch (error) {
    return json(400, { message: (error as Error).message });
  }
}

function answer(
  route: string,
  query: URLSearchParams,
  values: Record<string, unknown>,
  request: IncomingMessage,
  sandbox: Sandbox,
): Reply {
  switch (route) {
    case 'GET /sandbox':
    case 'GET /':
      return request.headers.accept?.startsWith('application/json')
        ? json(200, helpAsJson(sandbox.apiUrl))
        : text(200, helpAsText(sandbox.apiUrl));
    case 'GET /sandbox/calls':
      return json(200, sandbox.calls(Object.fromEntries(query)));
    case 'GET /sandbox/sessions':
      return json(200, sandbox.sessions(query.get('documentId') ?? undefined));
    case 'POST /sandbox/scenarios': {
      const { scenario, ...match } = readScenarioRequest(values);
      sandbox.use(scenario, match);
      return json(200, { queued: scenario, ...match });
    }
    case 'POST /sandbox/clock':
      sandbox.advance(readNumber(values, 'advanceMs'));
      return json(200, { advancedMs: values.advanceMs });
    case 'PUT /sandbox/api-key':
      sandbox.setApiKey(readText(values, 'apiKey'));
      return json(200, { apiKey: 'replaced' });
    case 'DELETE /sandbox':
      sandbox.reset();
      return json(200, { reset: true });
    default:
      return decideOrNothing(route, values, sandbox);
  }
}

function decideOrNothing(route: string, values: Record<string, unknown>, sandbox: Sandbox): Reply {
  const sessionId = /^POST \/sandbox\/sessions\/([^/]+)$/.exec(route)?.[1];
  if (sessionId === undefined) return json(404, { message: `There is no ${route}. GET /sandbox lists what there is.` });
  sandbox.complete(sessionId, readText(values, 'status'));
  return json(200, { sessionId, status: values.status });
}

function json(status: number, value: unknown): Reply {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return { kind: 'answer', status, headers, body: `${JSON.stringify(value)}\n` };
}

function text(status: number, body: string): Reply {
  return { kind: 'answer', status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
