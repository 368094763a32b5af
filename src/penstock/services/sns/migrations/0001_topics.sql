-- attributes holds what was set, as JSON. A topic that was dropped keeps its row until its subscriptions are gone.
-- sequence is the number of the last message of a FIFO topic.
CREATE TABLE sns_topic (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    attributes TEXT NOT NULL,
    tags TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    sequence INTEGER NOT NULL
);
CREATE UNIQUE INDEX sns_topic_name ON sns_topic (account, region, name) WHERE dropped = 0;
CREATE INDEX sns_topic_dropped ON sns_topic (id) WHERE dropped = 1;

-- number counts the topic's subscriptions: publishing reads them in blocks of numbers.
-- token is the digest of the one that confirms. ends_ms is when the row goes, unless the subscription is confirmed.
CREATE TABLE sns_subscription (
    id INTEGER PRIMARY KEY,
    topic INTEGER NOT NULL,
    number INTEGER NOT NULL,
    uid TEXT NOT NULL,
    topic_arn TEXT NOT NULL,
    owner TEXT NOT NULL,
    principal TEXT NOT NULL,
    region TEXT NOT NULL,
    protocol TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    state TEXT NOT NULL,
    attributes TEXT NOT NULL,
    is_authenticated INTEGER NOT NULL,
    is_protected INTEGER NOT NULL,
    token TEXT,
    token_ms INTEGER,
    ends_ms INTEGER
);
CREATE UNIQUE INDEX sns_subscription_uid ON sns_subscription (uid);
CREATE UNIQUE INDEX sns_subscription_number ON sns_subscription (topic, number);
CREATE INDEX sns_subscription_state ON sns_subscription (topic, state, id);
CREATE INDEX sns_subscription_endpoint ON sns_subscription (topic, protocol, endpoint);
CREATE INDEX sns_subscription_owner ON sns_subscription (owner, region, state, id);
CREATE INDEX sns_subscription_token ON sns_subscription (token) WHERE token IS NOT NULL;
CREATE INDEX sns_subscription_ends ON sns_subscription (ends_ms) WHERE ends_ms IS NOT NULL;

-- What messages are signed with; the key is sealed.
CREATE TABLE sns_certificate (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    certificate TEXT NOT NULL,
    private_key TEXT NOT NULL
);
CREATE UNIQUE INDEX sns_certificate_name ON sns_certificate (name);

-- What was published to FIFO topics in the last minutes.
CREATE TABLE sns_deduplication (
    topic INTEGER NOT NULL,
    message_group TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    sequence TEXT NOT NULL,
    PRIMARY KEY (topic, message_group, deduplication_id)
);
CREATE INDEX sns_deduplication_until ON sns_deduplication (until_ms);
