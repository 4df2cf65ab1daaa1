// How GraphiQL reaches the graph: as whoever is chosen, subscriptions as server-sent events.

import { Kind, parse } from "graphql";

import { ask, headersOf, subscribe } from "../static/graph.js";

/** GraphiQL's `fetcher`; `asker.current` is the persona of the moment. */
export function fetcherFor(asker) {
  return (asked, { headers } = {}) => {
    const sent = headersOf(asker.current, headers ?? {});
    const operations = operationsOf(asked.query);
    const operation =
      operations.length === 1 ? operations[0] : operations.find((one) => one.name?.value === asked.operationName);
    const request = operation ? { ...asked, operationName: operation.name?.value } : asked;
    return operation?.operation === "subscription" ? stoppable(request, sent) : answer(request, sent);
  };
}

/** The operations of a document. GraphiQL's own idea of them lags behind the editor and behind a change of tab. */
function operationsOf(text) {
  try {
    return parse(text).definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  } catch {
    return []; // the server says what is wrong
  }
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
