"""The routes by which every Llama Stack and OGX server takes chunks and answers queries."""

INSERT, QUERY = "/v1/vector-io/insert", "/v1/vector-io/query"
