// How GraphiQL reaches the graph: as whoever is chosen, subscriptions as server-sent events.

import { getOperationAST } from "graphql";

import { ask, headersOf, subscribe } from "../static/graph.js";

/** GraphiQL's `fetcher`; `asker.current` is the persona of the moment. */
export function fetcherFor(asker) {
  return (request, { headers, documentAST } = {}) => {
    const sent = headersOf(asker.current, headers ?? {});
    const operation = documentAST && getOperationAST(documentAST, request.operationName);
    return operation?.operation === "subscription" ? stoppable(request, sent) : answer(request, sent);
  };
}

async function answer(request, headers) {
  return (await ask(request, headers)).result;
}

/** The answers of a subscription; GraphiQL ends it by `return`, which has to end the request too. */
function stoppable(request, headers) {
  const stop = new AbortController();
  const answers = subscribe(request, headers, stop.signal);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        return await answers.next();
      } catch (error) {
        if (stop.signal.aborted) return { done: true, value: undefined };
        throw error;
      }
    },
    async return() {
      stop.abort();
      return { done: true, value: undefined };
    },
  };
}
