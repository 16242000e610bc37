-- +goose Up

-- What the company does about promises of one kind: one row for each kind there is. Durations are microseconds.
create table promise_policy (
    kind        bigint  not null constraint promise_policy_pkey primary key,
    version     bigint  not null,
    lead        bigint  not null constraint promise_policy_lead_range check (lead between 1000000 and 2592000000000),
    goodwill    bigint  not null constraint promise_policy_goodwill_range check (goodwill between 0 and 1000000),
    open_case   boolean not null,
    apologize   boolean not null,
    responsible text    not null
);
insert into promise_policy (kind, version, lead, goodwill, open_case, apologize, responsible) values
    (1, 1, 21600000000, 100, true, true, 'queues/delivery'),
    (2, 1, 3600000000, 50, false, true, 'queues/front'),
    (3, 1, 86400000000, 0, true, true, 'queues/payment');
