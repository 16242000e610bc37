-- +goose Up

-- What the company does about promises of one kind: one row for each kind there is. Durations are microseconds.
create table promise_policy (
    kind        bigint  not null constraint promise_policy_pkey primary key,
    version     bigint  not null,
    lead        bigint  not null constraint promise_policy_lead_range check (lead between 1000000 and 2592000000000),
    goodwill    bigint  not null constraint promise_policy_goodwill_range check (goodwill between 0 and 1000000),
    open_case   boolean not null,
    apologize   boolean not null,
    owner       text    not null
);
insert into promise_policy (kind, version, lead, goodwill, open_case, apologize, owner) values
    (1, 1, 21600000000, 100, true, true, 'queues/delivery'),
    (2, 1, 3600000000, 50, false, true, 'queues/front'),
    (3, 1, 86400000000, 0, true, true, 'queues/payment');

-- All that happened between customers and the company. The id is the event's, so what is heard twice is here once.
-- known is when this service heard of it, by the wall clock: streams follow that and not the time of the event, which may be
-- hours ago.
create table timeline_entry (
    id         text   not null constraint timeline_entry_pkey primary key,
    customer   text   not null,
    event_time bigint not null,
    known      bigint not null,
    source     text   not null,
    event_type text   not null,
    resource   text   not null,
    about      text   not null,
    channel    bigint not null,
    actor_role bigint not null,
    actor      text   not null,
    details    text   not null
);
create index timeline_entry_time on timeline_entry (customer, event_time, id);
create index timeline_entry_known on timeline_entry (customer, known, id);

-- The scorecard counts promises by when they are due, and cancellations with the messages that told of them.
create index promise_counted on promise (kind, state, due);
create index timeline_entry_cancelled on timeline_entry (event_time) where event_type = 'kept.order.v1.OrderCancelled';
create index timeline_entry_message on timeline_entry (customer, about, event_time) where event_type = 'kept.notification.v1.MessageAccepted';
