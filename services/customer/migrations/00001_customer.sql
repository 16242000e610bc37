-- +goose Up

-- The company: one row.
create table company (
    id             text   not null constraint company_pkey primary key constraint company_single check (id = 'company'),
    version        bigint not null,
    display_name   text   not null,
    logo_uri       text   not null,
    time_zone      text   not null,
    currency_code  text   not null,
    language_codes text   not null,
    region_code    text   not null,
    sender_email   text   not null,
    sender_display_name text not null,
    reply_email    text   not null,
    updated        bigint not null
);
insert into company (id, version, display_name, logo_uri, time_zone, currency_code, language_codes, region_code, sender_email,
    sender_display_name, reply_email, updated) values
    ('company', 1, 'The company', '', 'UTC', 'EUR', '{"languageCodes":["en"]}', '', '', '', '', 0);

-- When something of the company is open. The whole name is there for what refers to it.
create table calendar (
    id           text   not null constraint calendar_pkey primary key,
    full_name    text   not null generated always as ('calendars/' || id) stored constraint calendar_full_name_key unique,
    version      bigint not null,
    display_name text   not null,
    time_zone    text   not null,
    shifts       bytea  not null,
    holidays     bytea  not null,
    created      bigint not null
);

-- Classes of customers. The whole name is there for what refers to it.
create table customer_class (
    id           text   not null constraint customer_class_pkey primary key,
    full_name    text   not null generated always as ('customerClasses/' || id) stored constraint customer_class_full_name_key unique,
    version      bigint not null,
    display_name text   not null,
    place        bigint not null constraint customer_class_place_range check (place between 1 and 1000) constraint customer_class_place_key unique,
    description  text   not null,
    created      bigint not null
);
insert into customer_class (id, version, display_name, place, description, created) values
    ('a', 1, 'A', 10, '', 0), ('b', 1, 'B', 20, '', 0), ('c', 1, 'C', 30, '', 0);

create table customer (
    id            text   not null constraint customer_pkey primary key,
    version       bigint not null,
    display_name  text   not null,
    language_code text   not null,
    email         text   not null,
    phone         text   not null,
    -- Whether the address and the number are known to be the customer's. Before that they are no identities.
    email_confirmed boolean not null default false,
    phone_confirmed boolean not null default false,
    region_code   text   not null,
    addresses     bytea  not null,
    customer_class text constraint customer_customer_class_fkey references customer_class (full_name),
    created       bigint not null
);
create index customer_customer_class on customer (customer_class, created, id) where customer_class is not null;
create index customer_created on customer (created, id);

-- What customers are known by, in the one spelling by which it is compared. The unique key is what keeps an e-mail address, a
-- number or an id from being two customers', and what finds whose it is. A row is there because it was added, because the
-- customer is written to or called at it (contact), or for both reasons.
create table identity (
    id          text    not null constraint identity_pkey primary key,
    customer_id text    not null constraint identity_customer_fkey references customer (id),
    kind        bigint  not null constraint identity_kind_known check (kind between 1 and 3),
    issuer      text    not null,
    value       text    not null,
    contact     boolean not null,
    added       boolean not null,
    created     bigint  not null,
    constraint identity_value_key unique (kind, issuer, value),
    constraint identity_issued check ((kind = 3) = (issuer <> '')),
    constraint identity_for_a_reason check (contact = true or added = true)
);
create index identity_customer on identity (customer_id, created, id);
-- A customer is written to at one address and called at one number.
create unique index identity_contact_key on identity (customer_id, kind) where contact = true;

-- The codes of the last day by which customers confirm e-mail addresses, in the spelling by which those are compared. Only the
-- last of a customer is good, for an hour and five tries. Nothing is mailed to an address that has had its codes for the day.
create table email_confirmation (
    id          text    not null constraint email_confirmation_pkey primary key,
    customer_id text    not null,
    email       text    not null,
    mailed      boolean not null,
    tries       bigint  not null constraint email_confirmation_tries_range check (tries between 0 and 5),
    created     bigint  not null
);
create index email_confirmation_customer on email_confirmation (customer_id, created);
create index email_confirmation_email on email_confirmation (email, created);
create index email_confirmation_created on email_confirmation (created);

-- The promise book. The facts of a promise come in any order: an answer may be here before the promise itself, so what
-- PromiseMade tells is NULL until it comes.
create table promise (
    id         text   not null constraint promise_pkey primary key,
    customer   text   not null,
    about      text   not null,
    state      bigint not null constraint promise_state_known check (state between 1 and 6),
    resolved   bigint,
    kind       text,
    service    text,
    made       bigint,
    at_risk    bigint,
    due        bigint,
    fee        bigint constraint promise_fee_range check (fee between 0 and 9000000000000000),
    currency   text,
    unanswered bigint,
    cause      bigint not null default 0,
    description text  not null default '',
    constraint promise_due_after_risk check (at_risk < due)
);
create index promise_made on promise (made, id);
create index promise_customer on promise (customer, made, id);
