import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";

export function urqlClient(url, headers) {
  const socket = createClient({ url: url.replace(/^http/, "ws"), connectionParams: headers });
  const forwardSubscription = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
  });
  const exchanges = [cacheExchange, fetchExchange, subscriptionExchange({ forwardSubscription })];
  return new Client({ url, fetchOptions: { headers }, exchanges });
}
