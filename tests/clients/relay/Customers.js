// What a frontend with Relay writes; the compiler makes `__generated__` of it.

graphql`
  query CustomersQuery($count: Int!, $after: String) {
    ...Customers_list @arguments(count: $count, after: $after)
  }
`;

graphql`
  fragment Customers_list on Query
  @argumentDefinitions(count: { type: "Int!" }, after: { type: "String" })
  @refetchable(queryName: "CustomersPaginationQuery") {
    companies(first: $count, after: $after) @connection(key: "Customers_companies") {
      edges {
        node {
          ...Customers_row
        }
      }
    }
  }
`;

graphql`
  fragment Customers_row on Company @refetchable(queryName: "CustomersRowQuery") {
    id
    name
    version
    industry
  }
`;

graphql`
  mutation CustomersUpdateMutation($input: RecordUpdateInput!) {
    recordUpdate(input: $input) {
      record {
        ...Customers_row @alias(as: "row")
      }
      userErrors {
        code
        message
        ... on StaleVersionError {
          currentVersion
        }
      }
    }
  }
`;

graphql`
  subscription CustomersSubscription($ids: [ID!]) {
    recordChanged(ids: $ids) {
      cursor
      record {
        ...Customers_row @alias(as: "row")
      }
    }
  }
`;
