-- What nodes counted against addresses, accounts and browsers, for each other; rows of the last hour.
CREATE TABLE tallies (
    id INTEGER PRIMARY KEY,
    node BIGINT NOT NULL,
    lane BIGINT NOT NULL,
    counted TEXT NOT NULL,
    forgiven BOOLEAN NOT NULL,
    failures BIGINT NOT NULL,
    at BIGINT NOT NULL
);
