import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { createClient } from "graphql-ws";

export function apolloClient(url, headers) {
  const http = new HttpLink({ uri: url, headers });
  const socket = createClient({ url: url.replace(/^http/, "ws"), connectionParams: headers });
  const isSubscription = ({ operationType }) => operationType === "subscription";
  return new ApolloClient({
    link: ApolloLink.split(isSubscription, new GraphQLWsLink(socket), http),
    cache: new InMemoryCache({
      typePolicies: { Query: { fields: { companies: relayStylePagination() } } },
    }),
  });
}
