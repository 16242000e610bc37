-- +goose Up
create table customer (
    id            text   not null constraint customer_pkey primary key,
    display_name  text   not null,
    language_code text   not null,
    created       bigint not null
);

-- The promise book. The facts of a promise come in any order: an answer may be here before the promise itself, so what
-- PromiseMade tells is NULL until it comes.
create table promise (
    id         text   not null constraint promise_pkey primary key,
    customer   text   not null,
    subject    text   not null,
    state      bigint not null constraint promise_state_known check (state between 1 and 6),
    resolved   bigint,
    kind       bigint,
    owner      text,
    made       bigint,
    at_risk    bigint,
    due        bigint,
    fee        bigint constraint promise_fee_range check (fee between 0 and 9000000000000000),
    currency   text,
    unanswered bigint,
    constraint promise_due_after_risk check (at_risk < due)
);
create index promise_made on promise (made, id);
create index promise_customer on promise (customer, made, id);
