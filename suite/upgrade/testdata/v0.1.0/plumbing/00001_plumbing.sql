-- +goose Up

-- Events that this service has said, written in the transaction that made them true.
create table outbox (
    id          text    not null constraint outbox_pkey primary key,
    pending     boolean not null,
    type        text    not null,
    subject     text    not null,
    version     bigint  not null,
    time        bigint  not null,
    actor_role  bigint  not null default 0,
    actor       text    not null default '',
    traceparent text    not null,
    data        bytea   not null
);
create index outbox_pending on outbox (id) where pending;

-- What has been given to a bus that may lose it: the running number of each publication (microseconds of wall time, always
-- growing), and the lowest id among its events. A bus that has lost some has an earlier number.
create table publication (
    number bigint not null constraint publication_pkey primary key,
    lowest text   not null
);

-- Which events have been handled by which of the service's handlers. A row is written with the effects, so none happens twice.
create table inbox (
    id      text not null,
    handler text not null,
    constraint inbox_pkey primary key (id, handler)
);

-- Which event handlers the service's replicas have, of whatever version they are: what one of them waits for, none of the others
-- may let pass. seen is when a replica last said that it has the handler; republished says that the handler has been given the
-- events of the hour before it came.
create table event_handler (
    name        text    not null,
    type        text    not null,
    consumer    text    not null,
    seen        bigint  not null,
    republished boolean not null,
    constraint event_handler_pkey primary key (name, type, consumer)
);

-- What must happen later. A row that keeps failing is the dead letter of its timer or event.
create table timer (
    kind        text    not null,
    key         text    not null constraint timer_key_plain check (key not like '%.%'),
    due         bigint  not null,
    payload     bytea   not null,
    traceparent text    not null,
    attempts    bigint  not null default 0,
    parked      boolean not null default false,
    failed      bigint  not null default 0,
    error       text    not null default '',
    type        text    not null default '',
    fence       bigint  not null default 0,
    leased      bigint  not null default 0,
    constraint timer_pkey primary key (key, kind)
);
-- The timers of one kind are found at once however many of others wait. The primary key begins with the key, so that no
-- database takes it for this.
create index timer_due on timer (kind, due) where not parked;
create index timer_failed on timer (failed, kind, key) where attempts > 0;

-- Who does, for the moment, what only one process should do.
create table lease (
    name   text   not null constraint lease_pkey primary key,
    holder text   not null,
    until  bigint not null,
    state  text   not null default ''
);

-- Answers that were given, for callers who ask the same again.
create table idempotency (
    caller   text   not null,
    method   text   not null,
    key      text   not null,
    hash     bytea  not null,
    response bytea  not null,
    created  bigint not null,
    constraint idempotency_pkey primary key (caller, method, key)
);
create index idempotency_created on idempotency (created);

-- Who read or changed what of whom, by wall time.
create table audit (
    id        text   not null constraint audit_pkey primary key,
    time      bigint not null,
    principal text   not null,
    role      bigint not null,
    method    text   not null,
    action    bigint not null,
    resource  text   not null,
    subject   text   not null
);
create index audit_time on audit (time, id);
create index audit_subject on audit (subject, time, id);
create index audit_principal on audit (principal, time, id);

-- What resources are found by (kit/search): the terms of each, and the groups of letters by which words with typing errors are
-- recognized.
create table search_document (
    kind     text   not null,
    document text   not null,
    version  bigint not null,
    constraint search_document_pkey primary key (kind, document)
);
create table search_term (
    kind     text   not null,
    term     text   not null,
    document text   not null,
    weight   bigint not null,
    constraint search_term_pkey primary key (kind, term, document)
);
create index search_term_document on search_term (kind, document, term);
create table search_gram (
    kind text not null,
    gram text not null,
    word text not null,
    constraint search_gram_pkey primary key (kind, gram, word)
);
create index search_gram_word on search_gram (kind, word);
