-- +goose Up
create table program (
    id              text   not null constraint program_pkey primary key,
    version         bigint not null,
    display_name    text   not null,
    points_per_unit bigint not null constraint program_points_per_unit_range check (points_per_unit between 0 and 1000),
    currency        text   not null,
    created         bigint
);

-- It is there from the beginning, so nobody knows when it was created.
insert into program (id, version, display_name, points_per_unit, currency, created)
values ('main', 1, 'Points', 1, '', null);

-- What a customer has. The balance is kept with the account, so that it is read by key and the check can refuse what is
-- not there. The version counts the account's postings.
create table account (
    program  text   not null references program (id),
    customer text   not null constraint account_customer_named check (customer <> ''),
    balance  bigint not null constraint account_balance_not_negative check (balance >= 0)
                             constraint account_balance_range check (balance <= 9000000000000000),
    version  bigint not null,
    created  bigint not null,
    constraint account_pkey primary key (program, customer)
);

-- What happened, once for each reference in a programme: order/…, return/…, promise/…, goodwill/….
create table entry (
    id        text   not null constraint entry_pkey primary key,
    program   text   not null,
    kind      bigint not null constraint entry_kind_known check (kind between 1 and 3),
    reference text   not null,
    about     text   not null,
    reason    text   not null,
    actor_role bigint not null,
    actor     text   not null,
    created   bigint not null,
    constraint entry_reference_key unique (reference, program)
);

-- Both sides of an entry: a customer's, and the company's, which has no name. One statement writes the two, after their entry
-- and in its transaction; foreign keys would look up, and lock, the same rows once more for each. The company has no
-- account and no balance: every posting would wait for that one row. A customer's postings are numbered by the version
-- of the account, without a gap.
create table posting (
    entry_id text   not null,
    program  text   not null,
    customer text   not null,
    number   bigint,
    points   bigint not null constraint posting_points_range
                             check (points <> 0 and points between -9000000000000000 and 9000000000000000),
    balance  bigint constraint posting_balance_not_negative check (balance >= 0),
    constraint posting_pkey primary key (entry_id, customer),
    constraint posting_balance_of_customers
        check ((customer = '') = (balance is null) and (customer = '') = (number is null))
);
create unique index posting_number_key on posting (program, customer, number) where customer <> '';

-- What has been heard of an order. Its delivery and its return take turns on this row: whichever comes second finds the
-- other, and takes back what was earned. imported is when the last fact of an import was said of the order: what was said before it does
-- not count any more. removed is 1 while imports have taken it back; times counts how often it came again after that.
create table purchase (
    order_id  text not null constraint purchase_pkey primary key,
    delivered bigint,
    returned  bigint,
    imported  bigint not null default 0,
    removed   bigint not null default 0,
    times     bigint not null default 0,
    constraint purchase_heard_of check (delivered is not null or returned is not null)
);
