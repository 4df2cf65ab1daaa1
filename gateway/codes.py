"""Codes: every error code a client can meet, with its HTTP status, its meaning and its remedy."""

from enum import StrEnum


class Code(StrEnum):
    """The one table of error codes; `extensions.code` of an error is always one of these.

    `status` is the HTTP status of an answer without `data`. `json_status` is the same for callers that
    accept only `application/json`, who expect 200 for whatever concerns the document and its variables.
    """

    status: int
    json_status: int
    meaning: str
    remedy: str

    def __new__(cls, value: str, status: int, json_status: int, meaning: str, remedy: str) -> "Code":
        member = str.__new__(cls, value)
        member._value_ = value
        member.status = status
        member.json_status = json_status
        member.meaning = meaning
        member.remedy = remedy
        return member

    BAD_REQUEST = (
        "BAD_REQUEST",
        400,
        400,
        "The body is not JSON in UTF-8, or is no GraphQL request.",
        "Send one JSON object with `query` and, if needed, `variables`, `operationName`, `extensions`.",
    )
    BATCHING_DISABLED = (
        "BATCHING_DISABLED",
        400,
        400,
        "The body is a list of requests.",
        "Send each request by itself.",
    )
    NOT_FOUND = (
        "NOT_FOUND",
        404,
        404,
        "There is nothing at this address.",
        "Send GraphQL requests to `/graphql`.",
    )
    METHOD_NOT_ALLOWED = (
        "METHOD_NOT_ALLOWED",
        405,
        405,
        "The address exists, but not for this HTTP method.",
        "Use a method that the `Allow` header lists.",
    )
    NOT_ACCEPTABLE = (
        "NOT_ACCEPTABLE",
        406,
        406,
        "The `Accept` header lists no media type that is served.",
        "Accept `application/graphql-response+json` or `application/json`.",
    )
    REQUEST_TIMEOUT = (
        "REQUEST_TIMEOUT",
        408,
        408,
        "The body did not arrive in time.",
        "Send the request again over a connection that does not stall.",
    )
    PAYLOAD_TOO_LARGE = (
        "PAYLOAD_TOO_LARGE",
        413,
        413,
        "The body or the document has more bytes than allowed.",
        "Send less than `limit` bytes.",
    )
    UNSUPPORTED_MEDIA_TYPE = (
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        415,
        "The body is not plain `application/json` in UTF-8.",
        "Send `Content-Type: application/json` and no `Content-Encoding`.",
    )
    GRAPHQL_PARSE_FAILED = (
        "GRAPHQL_PARSE_FAILED",
        400,
        200,
        "The document is not GraphQL.",
        "Mend the syntax at `locations`.",
    )
    GRAPHQL_VALIDATION_FAILED = (
        "GRAPHQL_VALIDATION_FAILED",
        400,
        200,
        "The document does not fit the schema.",
        "Compare it with the schema at `/schema.graphql`.",
    )
    OPERATION_RESOLUTION_FAILURE = (
        "OPERATION_RESOLUTION_FAILURE",
        400,
        200,
        "The document has no such operation, or several and none is named.",
        "Name one of the document's queries or mutations in `operationName`.",
    )
    BAD_USER_INPUT = (
        "BAD_USER_INPUT",
        400,
        200,
        "A variable or argument has a value that cannot be used.",
        "Correct the value that the message names.",
    )
    INVALID_CURSOR = (
        "INVALID_CURSOR",
        400,
        200,
        "A cursor was changed, or belongs to another list, filter or order.",
        "Start again at the first page.",
    )
    CURSOR_EXPIRED = (
        "CURSOR_EXPIRED",
        400,
        200,
        "The events after this cursor are not kept any more.",
        "Read afresh what you show, then subscribe without `after`.",
    )
    PAGE_SIZE_EXCEEDED = (
        "PAGE_SIZE_EXCEEDED",
        400,
        200,
        "`first` or `last` is above the limit.",
        "Ask for at most `limit` items and follow the cursor.",
    )
    NODE_LIMIT_EXCEEDED = (
        "NODE_LIMIT_EXCEEDED",
        400,
        200,
        "The lists of the answer may have too many items altogether.",
        "Ask for smaller pages, above all of lists in lists.",
    )
    COST_LIMIT_EXCEEDED = (
        "COST_LIMIT_EXCEEDED",
        400,
        200,
        "The answer may have too many objects and lists.",
        "Ask for smaller pages or fewer related records, or split the request.",
    )
    ANSWER_TOO_LARGE = (
        "ANSWER_TOO_LARGE",
        400,
        200,
        "The answer has too many bytes, so it was not sent; what a mutation changed stays changed.",
        "Ask for smaller pages or fewer fields.",
    )
    TOKEN_LIMIT_EXCEEDED = (
        "TOKEN_LIMIT_EXCEEDED",
        400,
        200,
        "The document has too many tokens.",
        "Split it into several documents.",
    )
    DEPTH_LIMIT_EXCEEDED = (
        "DEPTH_LIMIT_EXCEEDED",
        400,
        200,
        "Fields are nested too deeply.",
        "Fetch the inner records by id in a second request.",
    )
    ALIAS_LIMIT_EXCEEDED = (
        "ALIAS_LIMIT_EXCEEDED",
        400,
        200,
        "An operation uses too many aliases, counted wherever a fragment is spread.",
        "Use fewer aliases, or split the operation.",
    )
    DIRECTIVE_LIMIT_EXCEEDED = (
        "DIRECTIVE_LIMIT_EXCEEDED",
        400,
        200,
        "An operation uses too many directives, counted wherever a fragment is spread.",
        "Put `@include` and `@skip` on fragments instead of on each field.",
    )
    FIELD_LIMIT_EXCEEDED = (
        "FIELD_LIMIT_EXCEEDED",
        400,
        200,
        "An operation selects too many fields, counted wherever a fragment is spread.",
        "Spread fragments at fewer places, or split the request.",
    )
    ROOT_FIELD_LIMIT_EXCEEDED = (
        "ROOT_FIELD_LIMIT_EXCEEDED",
        400,
        200,
        "A query asks for too many root fields.",
        "Split it into several queries.",
    )
    MUTATION_LIMIT_EXCEEDED = (
        "MUTATION_LIMIT_EXCEEDED",
        400,
        200,
        "An operation holds too many mutations.",
        "Use a bulk mutation, or several requests.",
    )
    FRAGMENT_LIMIT_EXCEEDED = (
        "FRAGMENT_LIMIT_EXCEEDED",
        400,
        200,
        "The document defines too many fragments.",
        "Send only the fragments that the operation uses.",
    )
    VARIABLE_LIMIT_EXCEEDED = (
        "VARIABLE_LIMIT_EXCEEDED",
        400,
        200,
        "An operation declares too many variables.",
        "Gather values in input objects or lists.",
    )
    DUPLICATE_LIMIT_EXCEEDED = (
        "DUPLICATE_LIMIT_EXCEEDED",
        400,
        200,
        "One response name is selected too often at one place of the response.",
        "Select it once, or in one shared fragment.",
    )
    OVERLAP_LIMIT_EXCEEDED = (
        "OVERLAP_LIMIT_EXCEEDED",
        400,
        200,
        "Merging the document's fragments would take too many comparisons.",
        "Spread fewer fragments over the same fields.",
    )
    INTROSPECTION_DISABLED = (
        "INTROSPECTION_DISABLED",
        400,
        200,
        "This server does not answer `__schema` and `__type`.",
        "Read the schema from `/schema.graphql`.",
    )
    PERSISTED_QUERY_NOT_FOUND = (
        "PERSISTED_QUERY_NOT_FOUND",
        400,
        200,
        "The server does not know a document with this hash.",
        "Send the document's text along with its hash, once.",
    )
    PERSISTED_QUERY_NOT_SUPPORTED = (
        "PERSISTED_QUERY_NOT_SUPPORTED",
        400,
        200,
        "The server remembers no documents for this client, or the protocol has another version than 1.",
        "Send the document's text and no hash.",
    )
    PERSISTED_QUERY_HASH_MISMATCH = (
        "PERSISTED_QUERY_HASH_MISMATCH",
        400,
        400,
        "The hash is no SHA-256 of the document's text in UTF-8.",
        "Hash the very text that is sent, as 64 lower-case hexadecimal digits.",
    )
    OPERATION_NOT_ALLOWED = (
        "OPERATION_NOT_ALLOWED",
        403,
        403,
        "The server executes trusted documents only for this client, and this is none of them.",
        "Add the document to the manifest, `tabard documents build`, or name one that is in it.",
    )
    CSRF_PREVENTED = (
        "CSRF_PREVENTED",
        403,
        403,
        "A `GET` request lacks a header that browsers do not send to foreign servers unasked.",
        "Send a bearer token or the header `GraphQL-Require-Preflight: 1`, or use `POST`.",
    )
    ORIGIN_NOT_ALLOWED = (
        "ORIGIN_NOT_ALLOWED",
        403,
        403,
        "The page that asks is of an origin that the operator has not listed.",
        "Add the origin to `TABARD_ALLOWED_ORIGINS`.",
    )
    RATE_LIMITED = (
        "RATE_LIMITED",
        429,
        429,
        "The caller has spent the points of the moment.",
        "Wait for `retryAfter` seconds; `rateLimit` and `extensions.cost` tell what requests cost.",
    )
    STREAM_LIMIT_EXCEEDED = (
        "STREAM_LIMIT_EXCEEDED",
        429,
        429,
        "The connection has too many operations running, or the user too many connections.",
        "End what is not needed any more; share one connection among the parts of a page.",
    )
    UNAUTHENTICATED = (
        "UNAUTHENTICATED",
        401,
        401,
        "The credentials are missing, malformed, expired or not ours.",
        "Send `Authorization: Bearer` with a valid token.",
    )
    FORBIDDEN = (
        "FORBIDDEN",
        403,
        403,
        "The viewer may see that this exists but may not use it.",
        "`reason` says what is missing; ask an admin for it.",
    )
    IDEMPOTENCY_KEY_REUSED = (
        "IDEMPOTENCY_KEY_REUSED",
        409,
        409,
        "The idempotency key was used before with other input.",
        "Make a new key for each new change.",
    )
    DEADLINE_EXCEEDED = (
        "DEADLINE_EXCEEDED",
        504,
        504,
        "The time for the request, a statement or a plugin is spent.",
        "Ask for less at once; send a mutation again only with its idempotency key.",
    )
    OVERLOADED = (
        "OVERLOADED",
        503,
        503,
        "The server has as much to do as it can.",
        "Send the same request again after `retryAfter` seconds.",
    )
    UNAVAILABLE = (
        "UNAVAILABLE",
        503,
        503,
        "The database, or the issuer of the token, does not answer now; or the server is about to end.",
        "Send the same request again after `retryAfter` seconds.",
    )
    PLUGIN_ERROR = (
        "PLUGIN_ERROR",
        500,
        500,
        "The field of the plugin named in `plugin` failed; the rest of the answer stands.",
        "Report the `requestId` to whoever runs the server.",
    )
    INTERNAL_SERVER_ERROR = (
        "INTERNAL_SERVER_ERROR",
        500,
        500,
        "Something failed inside the server; the cause is in its log.",
        "Report the `requestId` to whoever runs the server.",
    )
