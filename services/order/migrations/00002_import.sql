-- +goose Up

-- Files that are taken in row by row. A row of this table is locked by whoever moves the import on, so that a step and a pause
-- come one after the other. What is in spec, callers have said, and nothing changes it; what was found out about the file at its start is in
-- found.
create table import_job (
    id        text   not null constraint import_job_pkey primary key,
    spec      bytea  not null,
    state     bigint not null constraint import_job_state_known check (state between 1 and 7),
    content   bigint not null default 0 constraint import_job_content_without_gaps check (content >= 0)
                                        constraint import_job_content_limit check (content <= 67108864),
    handled   bigint not null default 0,
    lines     bigint not null default 0,
    row_count bigint not null default 0,
    customers bigint not null default 0,
    orders    bigint not null default 0,
    unchanged bigint not null default 0,
    faults    bigint not null default 0,
    changed   bigint not null default 0,
    removed   bigint not null default 0,
    found     bytea,
    summary   bytea,
    created   bigint not null,
    started   bigint,
    ended     bigint,
    constraint import_job_handled_within_content check (handled between 0 and content),
    constraint import_job_started_with_content check (started is null or content > 0),
    constraint import_job_over check ((state in (0, 4, 5, 6, 7)) = (ended is not null) or state = 0)
);
create index import_job_created on import_job (created, id);

-- The parts of a file, one after the other without gaps. They go when the import is over.
create table import_content (
    import_id text   not null,
    start     bigint not null,
    size      bigint not null,
    data      bytea  not null,
    constraint import_content_pkey primary key (import_id, start)
);

-- How often each row has been met in the file so far: equal rows are told apart by their number.
create table import_seen (
    import_id text   not null,
    hash      bigint not null,
    met       bigint not null,
    constraint import_seen_pkey primary key (import_id, hash)
);

-- What the steps of an import have brought, the last first to go when it is undone: the ids of orders, and of returns.
create table import_brought (
    import_id text   not null,
    start     bigint not null,
    orders    bytea  not null,
    returns   bytea  not null,
    constraint import_brought_pkey primary key (import_id, start)
);

-- Goods that were given back, as a file says by itself. It is known by its id, which is made as those of orders are, and digest tells
-- whether a later file says the same. Once it is settled, it has reduced order_id, or stands by itself where that is empty.
create table import_return (
    id        text   not null constraint import_return_pkey primary key,
    import_id text   not null,
    issuer    text   not null,
    number    text   not null,
    customer  text   not null,
    channel   bigint not null,
    currency  text   not null,
    amount    bigint not null constraint import_return_amount_range check (amount between 0 and 9000000000000000),
    time      bigint not null,
    line      bigint not null,
    lines     bytea  not null,
    digest    bigint not null,
    settled   boolean not null,
    order_id  text   not null default ''
);
create index import_return_unsettled on import_return (import_id, time, id) where settled = false;
create index import_return_order on import_return (order_id) where order_id <> '';

create table import_fault (
    import_id text   not null,
    line      bigint not null,
    reason    text   not null,
    constraint import_fault_pkey primary key (import_id, line)
);
