-- +goose Up

-- Kinds of promises, and what the company does about them. Three are made by services. Durations are microseconds.
create table promise_kind (
    id            text    not null constraint promise_kind_pkey primary key,
    version       bigint  not null,
    display_name  text    not null,
    service       text    not null,
    creator_roles text    not null,
    lead          bigint  not null constraint promise_kind_lead_range check (lead between 1000000 and 2592000000000),
    remedies      text    not null,
    owner         text    not null,
    retired       boolean not null,
    created       bigint  not null,
    -- How soon they are due, NULL where whoever makes them has to say, and by which calendar.
    due_after     bigint  constraint promise_kind_due_after_range check (due_after between 0 and 31622400000000),
    calendar      text    constraint promise_kind_calendar_fkey references calendar (full_name),
    -- Services go on making theirs, and nobody else does.
    constraint promise_kind_of_service check (service = 'customer' or retired = false and creator_roles = '{}')
);
insert into promise_kind (id, version, display_name, service, creator_roles, lead, remedies, owner, retired, created) values
    ('delivery', 1, 'Delivery', 'order', '{}', 21600000000,
        '{"remedies":[{"type":"GOODWILL_POINTS","points":"100"},{"type":"CASE"},{"type":"APOLOGY"}]}', 'queues/delivery', false, 0),
    ('refund', 1, 'Refund', 'order', '{}', 86400000000,
        '{"remedies":[{"type":"CASE"},{"type":"APOLOGY"}]}', 'queues/payment', false, 0),
    ('reply', 1, 'Reply', 'support', '{}', 3600000000,
        '{"remedies":[{"type":"GOODWILL_POINTS","points":"50"},{"type":"APOLOGY"}]}', 'queues/front', false, 0);

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
-- What imports have last said of an order, and when: entered, or taken out. What was said before that and is heard later does not count.
create table timeline_imported (
    order_id text   not null constraint timeline_imported_pkey primary key,
    said     bigint not null
);
create index timeline_entry_time on timeline_entry (customer, event_time, id);
create index timeline_entry_known on timeline_entry (customer, known, id);

-- The scorecard counts promises by when they are due, and cancellations with the messages that told of them.
create index promise_counted on promise (kind, state, due);
create index timeline_entry_cancelled on timeline_entry (event_time) where event_type = 'kept.order.v1.OrderCancelled';
create index timeline_entry_message on timeline_entry (customer, about, event_time) where event_type = 'kept.notification.v1.MessageAccepted';
