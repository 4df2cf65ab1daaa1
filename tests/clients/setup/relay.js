import { createClient } from "graphql-ws";
import relay from "relay-runtime";

const { Environment, Network, Observable, RecordSource, Store } = relay;

export function relayEnvironment(url, headers) {
  const socket = createClient({ url: url.replace(/^http/, "ws"), connectionParams: headers });
  const ask = async ({ text }, variables) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query: text, variables }),
    });
    return response.json();
  };
  const follow = ({ text }, variables) =>
    Observable.create((sink) => socket.subscribe({ query: text, variables }, sink));
  return new Environment({ network: Network.create(ask, follow), store: new Store(new RecordSource()) });
}
