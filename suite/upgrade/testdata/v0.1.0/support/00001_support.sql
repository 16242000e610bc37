-- +goose Up

-- Customers of whom this service knows that they exist. The customer service owns them.
create table known_customer (
    name text not null constraint known_customer_pkey primary key
);

-- Of which class customers are: a copy of what the customer service owns. The version orders the news.
create table customer_class (
    customer text   not null constraint customer_class_pkey primary key,
    version  bigint not null,
    class    text   not null
);

-- Each step of a case is one statement, and the checks say which steps there are: a step that there is not would leave a row
-- that one of them refuses. A case waits for a person (1) until one has replied (2) and it is closed (3).
create table cases (
    id              text    not null constraint cases_pkey primary key,
    version         bigint  not null,
    customer        text    not null,
    title           text    not null,
    description     text    not null,
    about           text    not null, -- '' for nothing in particular
    kind            bigint  not null constraint cases_kind_known check (kind between 1 and 5),
    channel         bigint  not null,
    state           bigint  not null constraint cases_state_known check (state between 1 and 3),
    queue           text    not null,
    agent           text    not null,
    previous_assignee text  not null, -- who had it when it was last escalated
    escalated       boolean not null,
    agent_required  boolean not null,
    contact_count   bigint  not null constraint cases_contact_count_range check (contact_count between 0 and 2147483647),
    promise         text    not null,
    promise_state   bigint  not null constraint cases_promise_state_known check (promise_state between 1 and 3),
    promise_version bigint  not null, -- the version that gave the promise its present state
    reply_within    bigint  not null constraint cases_reply_within_range check (reply_within > 0),
    reply_due       bigint  not null,
    created         bigint  not null,
    replied         bigint,
    closed          bigint,
    resolution      text    not null,
    customer_class  text    not null,
    constraint cases_owner_or_queue check (queue <> '' or agent <> ''),
    constraint cases_replied_by_person check (state not in (2, 3) or (replied is not null and promise_state <> 1)),
    constraint cases_closed_after_reply check (closed is null or state not in (1, 2))
);
-- A customer has one case open about one thing: whoever asks again becomes part of it, even in the same moment on another replica.
create unique index cases_one_open on cases (customer, about) where about <> '' and state <> 3;
create index cases_created on cases (created, id);
create index cases_due on cases (reply_due, id);
create index cases_customer_created on cases (customer, created, id);
create index cases_queue on cases (queue, state, reply_due, id);

-- What was said in a case. Each entry comes with a change of its case and has the number of the version that it made.
create table case_entry (
    case_id text   not null,
    number  bigint not null,
    id      text   not null constraint case_entry_id unique,
    author  bigint not null constraint case_entry_author_known check (author between 1 and 4),
    actor_role bigint not null,
    actor   text   not null,
    body    text   not null,
    order_snapshot bytea,
    channel bigint not null,
    created bigint not null,
    constraint case_entry_pkey primary key (case_id, number)
);

-- What the suite itself has called a person for: a promise that broke, a shortage that nobody answered. Once each.
create table case_cause (
    cause text not null constraint case_cause_pkey primary key
);
